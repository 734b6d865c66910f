import { wheelEnvironment } from "../wheel.mjs";

export default wheelEnvironment("2.14.1", { cuda: true });
