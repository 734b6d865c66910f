import { existsSync } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A Chromium of this machine; undefined where there is none. */
export const findChromium = () => [process.env.CHROMIUM ?? "", ...PLACES].find((path) => existsSync(path));
