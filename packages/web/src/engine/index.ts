/** Networks in a worker of a page's: what `gantry export --page` and Gantry's studio share. */
export { Engine, loadScript, unzipped } from "./engine.js";
export type { Opened, Where } from "./messages.js";
