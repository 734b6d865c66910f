// What the browser's tests share: a folder of runs, the real `gantry studio` over it, a browser, and axe.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { madeFolder } from "../../packages/studio/dist/testing/runs.js";
import { root } from "../shared.mjs";
import { findChromium } from "./chromium.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const program = join(root, "packages/cli/bin/gantry.mjs");

/** Starts a command. @returns the process, and its end */
export function start(words, cwd) {
  const child = spawn(process.execPath, [program, ...words], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (more) => {
      text += more;
    });
  const ended = new Promise((resolve) => child.on("close", resolve));
  return { child, ended, told: () => text };
}

/** A folder with a studio over its `runs`, and a browser. Called outside of every test. */
export async function openStage() {
  const { folder, remove } = madeFolder();
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  const children = [];
  after(async () => {
    await browser.close();
    for (const child of children) child.kill("SIGKILL");
    remove();
  });
  const begin = (words) => {
    const started = start(words, folder);
    children.push(started.child);
    return started;
  };
  return { folder, browser, begin };
}

/** The studio over a folder of runs. @returns its address, and its process */
export async function openStudio(stage, runs) {
  const { child, told } = stage.begin(["studio", runs, "--port", "0", "--json"]);
  for (;;) {
    const line = told().split("\n")[0];
    if (told().includes("\n")) return { address: JSON.parse(line).address, pid: child.pid };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A page that has been let in. Whatever goes wrong in it fails the test: an error, a dialog, what the policy forbids. */
export async function openPage({ browser }, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.stack ?? error.message));
  page.on("dialog", (dialog) => wrong.push(`a dialog: ${dialog.message()}`));
  page.on("console", (message) => {
    // What a click is refused for is told in the page.
    if (message.type() === "error" && !/status of (409|404)/.test(message.text())) wrong.push(message.text());
  });
  await page.goto(address);
  return { page, context, wrong, at: (path) => page.goto(new URL(path, address).href) };
}

const LOOKS = [
  { width: 1400, height: 900, colorScheme: "light" },
  { width: 1400, height: 900, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
];

/** Looks at a page narrow and wide, light and dark: axe finds nothing, and nothing sticks out at the side. */
export async function inspect(page, name) {
  const before = page.viewportSize();
  for (const { width, height, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(100);
    // By the debugger, which the page's policy does not bind.
    await page.evaluate(readFileSync(axe, "utf8"));
    // A page from a folder may read no style sheet.
    const { violations } = await page.evaluate(() =>
      axe.run(document, { resultTypes: ["violations"], preload: location.protocol !== "file:" }),
    );
    const told = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
    );
    assert.deepEqual(told, [], `${name} at ${width}, ${colorScheme}`);
    const wide = await page.evaluate(() => {
      const excess = document.documentElement.scrollWidth - innerWidth;
      if (excess <= 0) return [];
      const all = [...document.querySelectorAll("body *")].filter((each) => each.closest(".scroll") === null);
      const wide = all.filter((each) => each.getBoundingClientRect().right > innerWidth);
      return [`by ${excess} pixels`, ...wide.map(({ tagName, className }) => `${tagName} ${className}`)];
    });
    assert.deepEqual(wide, [], `${name} at ${width} sticks out at the side`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: "light" });
}
