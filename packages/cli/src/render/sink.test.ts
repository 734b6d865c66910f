import assert from "node:assert/strict";
import { test } from "node:test";
import { guarded } from "./sink.js";
import { makeStyle } from "./style.js";
import { terminalReporter } from "./terminal.js";

function written(isTTY: boolean, json: boolean, text: (sink: ReturnType<typeof guarded>) => string): string {
  let all = "";
  const sink = guarded({ isTTY, write: (part) => (all += part) }, json);
  sink.write(text(sink));
  return all;
}

const evil = "\x1b]0;title\x07\x1b[31mred\x1b[2K\r\u009b2J\u202egnp";

test("control characters of names reach no terminal, and our own do", () => {
  const shown = written(true, false, (sink) => `${makeStyle(sink, {}).bold("Scores")}\t${evil}\n`);
  assert.equal(
    shown,
    "\x1b[1mScores\x1b[22m\t\ufffd]0;title\ufffd\ufffd[31mred\ufffd[2K\ufffd\ufffd2J\ufffdgnp\n",
  );
  assert.equal(
    written(false, false, () => `é ${evil}`),
    "é \ufffd]0;title\ufffd\ufffd[31mred\ufffd[2K\ufffd\ufffd2J\ufffdgnp",
  );
});

test("in JSON they are escapes", () => {
  const value = { name: evil, plain: "é" };
  const text = written(true, true, () => JSON.stringify(value));
  assert.deepEqual(JSON.parse(text), value);
  assert.match(text, /^[ -~é]+$/);
});

test("the bar is drawn through it", () => {
  let all = "";
  const sink = guarded({ isTTY: true, write: (part) => (all += part) }, false);
  const reporter = terminalReporter(sink, {});
  reporter.progress({ what: `reading ${evil}`, done: 1, total: 2, unit: "images" });
  reporter.note(`a note on ${evil}`);
  assert.ok(all.startsWith("\r\x1b[2K"));
  for (const sequence of ["\x1b]", "\x1b[31m", "\x07", "\u009b", "\u202e"])
    assert.ok(!all.includes(sequence));
});
