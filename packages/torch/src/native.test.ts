import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/**
 * What a library that loads with LibTorch could take from the process it is in: which signals are caught (a mask, see
 * proc(5)), and how much of the C library's code is no longer as in its file.
 */
const TAKEN = `
  import { readFileSync } from "node:fs";
  function taken() {
    const signals = /^SigCgt:\\s*(\\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1];
    let rewritten = 0;
    let inside = false;
    for (const line of readFileSync("/proc/self/smaps", "utf8").split("\\n")) {
      if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inside = /^\\S+ ..x. .*\\/libc[.-]/.test(line);
      else if (inside) rewritten += Number(/^Private_Dirty:\\s*(\\d+)/.exec(line)?.[1] ?? 0);
    }
    return { signals, rewritten };
  }
  const before = taken();
  await import(process.argv[1]);
  console.log(JSON.stringify({ before, after: taken() }));`;

test("what comes along with LibTorch takes no signal and rewrites no code of the C library", {
  skip: process.platform === "linux" ? false : "reads Linux's /proc",
}, () => {
  const native = new URL("native.js", import.meta.url).href;
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", TAKEN, native], {
    encoding: "utf8",
    // As a user starts it: this process has set the variables that native.ts sets.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("UCX_"))),
  });
  const { before, after } = JSON.parse(told) as Record<"before" | "after", object>;
  assert.deepEqual(after, before);
});
