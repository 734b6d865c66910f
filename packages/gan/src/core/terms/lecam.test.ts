import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, liveTensors, scope, setThreads, type Tensor } from "@gantry/torch";
import { golden } from "../../testing/drawn.js";
import { points } from "../../testing/filledGame.js";
import { assertClose, patternTensor, summary } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import type { Play } from "../game/play.js";
import type { ComposedGame } from "../game/term.js";
import lecam from "./lecam.js";

setThreads(1);

const make = (options: object) => lecam.make(lecam.options.parse(options));

/** A step of D with scores of its own. */
function step(term: ReturnType<typeof make>, iteration: number, [real, fake]: readonly [Tensor, Tensor]) {
  const game = { requireDiscriminator() {}, contestsOf: () => [{ real: "real", fake: "fake" }] };
  term.attach?.(game as unknown as ComposedGame);
  const play = {
    iteration,
    at: (value: number) => value,
    judgeBoth: () => [{ logits: real }, { logits: fake }],
    report() {},
  } as unknown as Play;
  const loss = term.loss?.("discriminator", play) as Tensor | undefined;
  term.afterUpdate?.("discriminator", play);
  return loss;
}

const scores = (iteration: number): [Tensor, Tensor] => [
  patternTensor(`real.${iteration + 1}`, [6], 4)
    .add(0.5)
    .detach()
    .requiresGrad_(),
  patternTensor(`fake.${iteration + 1}`, [6], 4)
    .sub(0.5)
    .detach()
    .requiresGrad_(),
];

test("losses, averages and gradients over seven steps match the authors' code, from `start` on", () => {
  const { start, decay, losses, gradients } = golden.lecam;
  const before = liveTensors().count;
  const term = make({ start, decay, weight: 1 });
  scope(() => {
    for (const [iteration, expected] of losses.entries()) {
      const both = scores(iteration);
      const loss = step(term, iteration, both);
      assert.equal(loss === undefined, iteration < start, `iteration ${iteration}`);
      assertClose([loss?.item() ?? 0], [expected], 1e-12, `iteration ${iteration}`);
      if (loss === undefined) continue;
      const slopes = grad(loss, both).map((slope) => summary("slope", slope as Tensor));
      assertClose(slopes.flat(), (gradients[iteration - start] ?? []).flat(), 1e-12, "gradients");
    }
  });
  term.dispose?.();
  assert.equal(liveTensors().count, before);
});

test("the averages are state: saved after four steps, the rest is the same", () => {
  scope(() => {
    const [whole, first, second] = [1, 2, 3].map(() => make({ start: 1, weight: 1 })) as [
      ReturnType<typeof make>,
      ReturnType<typeof make>,
      ReturnType<typeof make>,
    ];
    const run = (term: ReturnType<typeof make>, from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => step(term, from + i, scores(from + i))?.item());
    const all = run(whole, 0, 7);
    run(first, 0, 4);
    second.state?.load(first.state?.save() ?? { tensors: new Map(), numbers: {} });
    assert.deepEqual(run(second, 4, 7), all.slice(4));
    for (const term of [whole, first, second]) term.dispose?.();
  });
});

test("in a game: gradients match finite differences, with adaptive weights, packing and R1 beside it", async () => {
  // The averages are constants to the gradient, and differences see how they move: so that they do not.
  for (const more of [{}, { "adaptive-weights": { variant: "equal" }, packing: {}, r1: {} }, { ali: {} }]) {
    const terms = { "non-saturating": {}, lecam: { start: 1, decay: 1 - 1e-9 }, ...more };
    const optimizers = { default: { kind: "adam", learningRate: 0.02 } };
    using tiny = await TinyGame.create({ ...points, terms, optimizers });
    // Until D tells them apart.
    tiny.iterate(20);
    assert.ok((tiny.step("discriminator").get("discriminator/lecam") ?? 0) > 0);
    checkLossGradient(tiny, ["discriminator"]);
    const before = liveTensors().count;
    tiny.iterate(2);
    assert.equal(liveTensors().count, before);
  }
});

test("before its start, and with no weight, everything is as without it, to the bit", async () => {
  for (const options of [{}, { weight: 0, start: 0 }]) {
    using tiny = await TinyGame.create({ ...points, terms: { hinge: {}, lecam: options } });
    tiny.iterate(3);
    using base = await TinyGame.create({ ...points, terms: { hinge: {} } });
    base.iterate(3);
    assert.deepEqual(tiny.weights(), base.weights());
  }
});
