import { nodeEnvironment } from "../runtimes.mjs";

export default nodeEnvironment(22);
