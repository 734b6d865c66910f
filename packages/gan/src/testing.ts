/** For tests of one's own terms, networks and metrics: small games, and numbers that a script in NumPy can make too. */
export { pointSamples } from "./evaluation/metrics/pointSamples.js";
export { assertClose, assertGradient, fillNetwork, pattern, patternTensor } from "./testing/networks.js";
export { checkLossGradient, TinyGame, type TinyOptions } from "./testing/tinyGame.js";
