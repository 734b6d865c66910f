/** For tests of one's own terms, networks and metrics: small games, and numbers that a script in NumPy can make too. */
export { checkLossGradient, TinyGame, type TinyOptions } from "./game/testing.js";
export { pointSamples } from "./metrics/pointSamples.js";
export { assertClose, assertGradient, fillNetwork, pattern, patternTensor } from "./nets/testing.js";
