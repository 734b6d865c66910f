/** Networks, for who writes a family of them, or looks into one. */
export { BodyEncoder, encodingSize } from "./bodyEncoder.js";
export * from "./contract.js";
export * from "./family.js";
export { makeJudge } from "./judge.js";
export { contrastiveLoss, InfomaxCritics } from "./layers/infomaxCritics.js";
export * from "./prior.js";
export * from "./sample.js";
