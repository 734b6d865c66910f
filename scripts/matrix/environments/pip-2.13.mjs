import { wheelEnvironment } from "../wheel.mjs";

export default wheelEnvironment("2.13.0");
