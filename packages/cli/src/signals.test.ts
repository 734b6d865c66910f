import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Interruption } from "./signals.js";

/** What a process would do at each of these signals, so many milliseconds after the first. */
function play(signals: readonly (readonly [name: NodeJS.Signals, at: number])[]) {
  let now = 1000;
  const clock = mock.method(performance, "now", () => now);
  const exits: (number | string | null | undefined)[] = [];
  const exit = mock.method(process, "exit", ((status?: number) => {
    exits.push(status);
  }) as typeof process.exit);
  let shown = 0;
  const warned: string[] = [];
  const interruption = new Interruption({
    onFirst: () => shown++,
    onWarning: (name) => warned.push(name),
  });
  try {
    for (const [name, at] of signals) {
      now = 1000 + at;
      process.emit(name);
    }
    return { exits, shown, warned, aborted: interruption.signal.aborted, status: interruption.status };
  } finally {
    interruption.release();
    for (const [name] of signals) process.removeAllListeners(name);
    clock.mock.restore();
    exit.mock.restore();
  }
}

test("only a Ctrl-C that comes clearly after it was said ends at once", () => {
  const calm = { exits: [], shown: 1, warned: [], aborted: true, status: 130 };
  for (const gap of [0, 2, 50, 500, 2000])
    assert.deepEqual(
      play([
        ["SIGINT", 0],
        ["SIGINT", gap],
      ]),
      calm,
      `${gap} ms`,
    );
  assert.deepEqual(
    play([
      ["SIGINT", 0],
      ["SIGINT", 4000],
    ]),
    { ...calm, exits: [130] },
  );
  // Nothing was said of a second one.
  assert.deepEqual(
    play([
      ["SIGTERM", 0],
      ["SIGINT", 5000],
    ]),
    { ...calm, shown: 0, status: 143 },
  );
});

test("every other signal stops once, however often it comes, and whatever came before", () => {
  for (const [name, status] of [
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
    ["SIGUSR2", 140],
    ["SIGXCPU", 152],
    ["SIGPWR", 158],
  ] as const) {
    const expected = { exits: [], shown: 0, warned: [], aborted: true, status };
    assert.deepEqual(
      play([
        [name, 0],
        [name, 3],
        [name, 60_000],
      ]),
      expected,
      name,
    );
    assert.deepEqual(
      play([
        ["SIGINT", 0],
        [name, 60_000],
      ]),
      { ...expected, shown: 1, status: 130 },
      name,
    );
  }
});

test("warnings ask for a checkpoint and stop nothing", () => {
  assert.deepEqual(
    play([
      ["SIGUSR1", 0],
      ["SIGURG", 5],
      ["SIGUSR1", 10],
    ]),
    {
      exits: [],
      shown: 0,
      warned: ["SIGUSR1", "SIGURG", "SIGUSR1"],
      aborted: false,
      status: 0,
    },
  );
});
