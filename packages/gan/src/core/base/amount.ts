export { amount } from "@gantry/formats/amount";
