import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope, torch } from "@gantry/torch";
import { UsageError } from "../../../base/errors.js";
import type { Play } from "../../../game/play.js";
import type { ComposedGame } from "../../../game/term.js";
import { type Control, type ControlOptions, control } from "./control.js";

/** What p and the state are after steps of D whose scores of reals are given. */
function run(
  made: Control,
  steps: readonly (readonly number[])[],
  boundary: number | null = 0,
): { p: number[]; numbers: Record<string, number> } {
  const game = { boundaryOf: () => boundary ?? undefined, contestsOf: () => [{ real: "real" }] };
  made.hooks.check?.(game as unknown as ComposedGame);
  const p = steps.map((scores) =>
    scope(() => {
      const play = {
        judge: () => ({ logits: torch.tensor(Float64Array.from(scores), { shape: [scores.length] }) }),
        stream: () => ({ image: torch.zeros([scores.length, 1]) }),
        report() {},
      };
      made.hooks.afterUpdate?.("discriminator", play as unknown as Play);
      return made.at(play as unknown as Play);
    }),
  );
  return { p, numbers: made.hooks.state?.save().numbers ?? {} };
}

const create = (options: Partial<ControlOptions> = {}) =>
  control(
    { probability: 0, target: 0.6, kimg: 0.1, every: 2, ...options },
    { term: "ada", instance: "ada", watched: () => ["discriminator"] },
  );

test("p moves by the reals seen over 1000 kimg, every so many steps, up above the target and down below", () => {
  const before = liveTensors().count;
  const made = create();
  const all = [1, 2, 3, 4, 0.1];
  const some = [1, 1, 1, 1, -1];
  const { p } = run(made, [all, all, all, some, some, some, [-1], [-1, -1, -1], [1, 0], [5, 5]]);
  const close = p.map((value) => Math.round(value * 1e9) / 1e9);
  // r: 1; (5 + 3) / 10 = 0.8; 0.6, the target: no move; -1: down; (1 + 0 + 2) / 4 = 0.75, as the sign of 0 is 0.
  assert.deepEqual(close, [0, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.16, 0.16, 0.2]);
  made.hooks.dispose?.();
  assert.equal(liveTensors().count, before);
});

test("p stays within 0 and 1", () => {
  const up = run(create({ kimg: 0.001, every: 1 }), [[1], [1], [1, 1]]);
  assert.deepEqual(up.p, [1, 1, 1]);
  assert.deepEqual(run(create({ probability: 0.5, kimg: 0.001, every: 1 }), [[-1]]).p, [0]);
});

test("the sign is of the distance from where the loss has reals and fakes meet", () => {
  const scores = [[0.4, 0.45]];
  assert.equal(run(create({ every: 1, probability: 0.5 }), scores, 0.5).p[0], 0.5 - 0.02);
  assert.equal(run(create({ every: 1, probability: 0.5 }), scores).p[0], 0.5 + 0.02);
});

test("the state goes on in the middle of a window", () => {
  const steps = [
    [1, 1, -1],
    [2, 1, 1],
    [-1, -1, -1],
    [1, -1, 1],
  ];
  const whole = run(create({ every: 3 }), steps);
  const first = create({ every: 3 });
  run(first, steps.slice(0, 2));
  const second = create({ every: 3 });
  const saved = first.hooks.state?.save();
  assert.ok(saved !== undefined);
  second.hooks.state?.load({ tensors: saved.tensors, numbers: JSON.parse(JSON.stringify(saved.numbers)) });
  const rest = run(second, steps.slice(2));
  assert.deepEqual(rest.p, whole.p.slice(2));
  assert.deepEqual(rest.numbers, whole.numbers);
});

test("a schedule beside a target is refused, and scores that only compare", () => {
  const probability = { from: 0, to: 1, over: { training: 1 }, shape: "linear" as const };
  assert.throws(() => create({ probability }), UsageError);
  assert.throws(() => run(create(), [], null), /only compares scores.*set terms.ada.target=off/);
});
