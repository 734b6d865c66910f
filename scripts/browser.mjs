// `npm run test:browser [-- FILTER... --screenshots]`: the studio's pages in a real browser, Debian's Chromium or another, driven by
// playwright-core. Where there is none it says so, and is done. With --screenshots it draws those of docs/guide/studio.md anew.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./browser/chromium.mjs";
import { root, run, runScript, Stop, script } from "./shared.mjs";

script(() => {
  const given = process.argv.slice(2);
  const filters = given.filter((word) => !word.startsWith("-"));
  if (findChromium() === undefined) {
    console.log("skipped: no Chromium (apt-get install chromium, or name one by $CHROMIUM)");
    return;
  }
  runScript("setup.mjs");
  const folder = join(root, "scripts/browser");
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(given.includes("--screenshots") ? "screenshots.mjs" : ".test.mjs"))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .map((name) => join(folder, name));
  if (files.length === 0) throw new Stop(`no browser test matches ${filters.join(" ")}`);
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  const args = ["--test", "--test-concurrency=1", "--test-reporter=spec", "--test-timeout=600000", ...files];
  const status = run(process.execPath, args, { env });
  if (status !== 0) throw new Stop("", status);
});
