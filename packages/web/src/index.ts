/**
 * Generators that Gantry trained, in the browser.
 *
 *     import { loadGenerator } from "@gantry/web";
 *     const generator = await loadGenerator("generator.onnx");
 *     const samples = await generator.sample({ seed: 7, count: 4 });
 */
export type { Code, Description, Prior } from "./description.js";
export {
  Generator,
  type Picture,
  type Provider,
  type SampleRequest,
  Samples,
} from "./generator.js";
export { between, drawLatents } from "./latents.js";
export { type LoadOptions, loadGenerator } from "./load.js";
