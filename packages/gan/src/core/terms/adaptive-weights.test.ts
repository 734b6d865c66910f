import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, liveTensors, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import fc from "fast-check";
import { adHocGame, SMOOTH, stepOptions } from "../../testing/adHocGame.js";
import { readGolden } from "../../testing/golden.js";
import { assertClose } from "../../testing/networks.js";
import { TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { Term } from "../game/term.js";
import type { Discriminator } from "../nets/contract.js";
import { adaptiveWeights, type Measures, type WeightOptions } from "./adaptive-weights.js";
import { terms } from "./registry.js";

setThreads(1);

const golden = readGolden<{
  weights: {
    scores: [number, number];
    real: number[];
    fake: number[];
    normalized: boolean;
    smoothing: number;
    case: number;
    weights: [number, number];
  }[];
}>("terms/losses.json").weights;

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

const PAPER: WeightOptions = {
  normalized: true,
  low: 0.5,
  high: 0.75,
  margin: 0.05,
  epsilon: 0.05,
  smoothing: 0,
};

const measuresOf = (
  realScore: number,
  fakeScore: number,
  real: readonly number[],
  fake: readonly number[],
): Measures => ({
  realScore,
  fakeScore,
  realSquare: dot(real, real),
  fakeSquare: dot(fake, fake),
  product: dot(real, fake),
});

const net = {
  family: "mlp",
  prior: { size: 2 },
  generatorHidden: [5],
  generatorActivation: "tanh",
  discriminatorHidden: [6, 4],
  discriminatorActivation: "tanh",
  initialization: "default",
};
const points: Pick<TinyOptions, "net" | "data"> = {
  net,
  data: { kind: "points", shape: [2], classes: undefined },
};
const images: Pick<TinyOptions, "net" | "data"> = {
  net: { family: "dcgan", channels: 2, discriminatorNorm: "spectral", prior: { size: 3 } },
  data: { kind: "images", shape: [1, 28, 28], classes: undefined },
};

test("weights and cases match a transcription of both algorithms", () => {
  assert.deepEqual([...new Set(golden.map((each) => each.case))].sort(), [1, 2, 3, 4, 5]);
  for (const each of golden) {
    const { normalized, smoothing } = each;
    const found = adaptiveWeights(measuresOf(...each.scores, each.real, each.fake), {
      ...PAPER,
      normalized,
      smoothing,
    });
    const what = JSON.stringify(each);
    assert.equal(found.case, each.case, what);
    assertClose([found.real, found.fake], each.weights, 1e-14, what);
  }
});

test("on its boundaries the table chooses as printed", () => {
  const at = (realScore: number, fakeScore: number, product: number) =>
    adaptiveWeights({ realScore, fakeScore, realSquare: 4, fakeSquare: 9, product }, PAPER).case;
  // Equality with alpha_1, alpha_2 or the margin satisfies neither inequality.
  assert.equal(at(0.5, 0.5, -1), 5);
  assert.equal(at(0.75, 0.5, -1), 5);
  assert.equal(adaptiveWeights({ ...measuresOf(0.75, 1, [2], [-3]) }, { ...PAPER, margin: 0.25 }).case, 5);
  assert.equal(at(0.5 - 1e-12, 0.2, -1), 1);
  assert.equal(at(0.75 + 1e-12, 0.2, -1), 3);
  // A right angle is not obtuse, and the two formulas agree there but for the sign of 0.
  assert.equal(at(0.4, 0.2, 0), 2);
  assert.equal(at(0.4, 0.2, -1e-300), 1);
  assert.equal(at(0.9, 0.2, 0), 4);
  assert.equal(at(0.9, 0.2, -1e-300), 3);
  // Real scores below fake ones by more than the margin favour real, however high.
  assert.equal(at(0.9, 0.96, 1), 2);
  assert.equal(at(0.9, 0.94, 1), 4);
});

test("the combined gradient never goes against the one it favours, and is orthogonal to the other where they disagree", () => {
  const vector = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(score, score, vector, vector, fc.boolean(), (realScore, fakeScore, r, f, normalized) => {
      fc.pre(dot(r, r) > 1e-3 && dot(f, f) > 1e-3);
      const options = { ...PAPER, normalized, epsilon: 0 };
      const weights = adaptiveWeights(measuresOf(realScore, fakeScore, r, f), options);
      const combined = r.map((x, i) => weights.real * x + weights.fake * (f[i] as number));
      const [withReal, withFake] = [dot(combined, r), dot(combined, f)];
      const slack = 1e-9 * (1 + Math.abs(dot(r, f))) * (1 + dot(r, r) + dot(f, f)) * 1e3;
      assert.ok(weights.real >= 0 && weights.fake >= 0);
      if (weights.case === 1) assert.ok(withReal >= -slack && Math.abs(withFake) <= slack);
      if (weights.case === 3) assert.ok(withFake >= -slack && Math.abs(withReal) <= slack);
      if (weights.case === 2) assert.deepEqual(weights.fake, 0);
      if (weights.case === 4) assert.deepEqual(weights.real, 0);
      // Normalised and equally weighted, it halves the angle.
      if (weights.case === 5 && normalized)
        assert.ok(Math.abs(withReal / Math.sqrt(dot(r, r)) - withFake / Math.sqrt(dot(f, f))) <= slack);
      // The length of the gradients does not matter when normalised, but for what the other's weight carries.
      const more = adaptiveWeights(measuresOf(realScore, fakeScore, r, f), { ...options, epsilon: 0.05 });
      assertClose([more.real, more.fake], [weights.real + 0.05, weights.fake + 0.05], 1e-12, "epsilon");
    }),
    { numRuns: 500 },
  );
});

test("a gradient of 0 makes no weight infinite", () => {
  for (const realScore of [0.3, 0.6, 0.9])
    for (const normalized of [true, false]) {
      const zero = adaptiveWeights(measuresOf(realScore, 0.2, [0, 0], [0, 0]), { ...PAPER, normalized });
      assert.ok(Number.isFinite(zero.real) && Number.isFinite(zero.fake));
    }
});

/** What a D step moves its parameters by, from scratch: plain SGD of rate 1. */
const SGD = { optimizers: { default: { kind: "sgd", learningRate: 1 } } };

/** Real and fake gradients by two backward passes of their own, and the step that was made, flat. */
function observe(tiny: TinyGame): {
  real: number[];
  fake: number[];
  others: number[];
  moved: number[];
  scalars: Map<string, number>;
} {
  const parameters = tiny.parameters("discriminator");
  const flat = (gradients: readonly (Tensor | undefined)[]) =>
    gradients.flatMap((each, i) => (each ?? (parameters[i] as Tensor).zerosLike()).toNumbers());
  const parts = tiny.undisturbed(() => {
    const losses = tiny.game.evaluate(["discriminator"], tiny.play(["discriminator"]));
    const of = (loss: Tensor | undefined) =>
      loss === undefined
        ? parameters.flatMap((each) => each.toNumbers().map(() => 0))
        : flat(grad(loss, parameters, { allowUnused: true, retainGraph: true }));
    const sum = (list: readonly Tensor[]) =>
      list.length === 0 ? undefined : list.reduce((a, b) => a.add(b));
    return {
      real: of(sum(losses.splits.map(({ real }) => real))),
      fake: of(sum(losses.splits.map(({ fake }) => fake))),
      others: of(sum(losses.wholes)),
    };
  });
  const before = parameters.flatMap((each) => each.toNumbers());
  const scalars = tiny.step("discriminator");
  const after = parameters.flatMap((each) => each.toNumbers());
  return { ...parts, moved: before.map((x, i) => x - (after[i] as number)), scalars };
}

for (const base of [points, images])
  for (const loss of ["hinge", "non-saturating", "least-squares", "wasserstein"])
    for (const variant of ["normalized", "raw"])
      test(`${base.net.family as string}, ${loss}, ${variant}: the step is w_r r + w_f f, as reported`, async () => {
        using tiny = await TinyGame.create({
          ...base,
          ...SGD,
          terms: { [loss]: {}, "adaptive-weights": { variant } },
        });
        const { real, fake, moved, scalars } = observe(tiny);
        const get = (name: string) => scalars.get(`discriminator/${name}`) as number;
        const expected = adaptiveWeights(
          measuresOf(get("probability/real"), get("probability/fake"), real, fake),
          { ...PAPER, normalized: variant === "normalized" },
        );
        assert.equal(get("weights/case"), expected.case);
        assertClose(
          [get("weights/real"), get("weights/fake")],
          [expected.real, expected.fake],
          1e-10,
          "weights",
        );
        const combined = real.map((x, i) => expected.real * x + expected.fake * (fake[i] as number));
        assertClose(moved, combined, 1e-10, "step");
        const angle = (a: readonly number[], b: readonly number[]) =>
          (Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))) * 180) / Math.PI;
        assertClose(
          [get("angle/real-fake"), get("angle/real-combined"), get("angle/fake-combined")],
          [angle(real, fake), angle(real, combined), angle(fake, combined)],
          1e-7,
          "angles",
        );
      });

test("fixed: the step is w_r r + w_f f by the weights that are set, scheduled ones too; other variants refuse them", async () => {
  const weights = { real: 0.3, fake: { from: 2, to: 1, over: { iterations: 4 }, shape: "linear" } };
  using tiny = await TinyGame.create({
    ...points,
    ...SGD,
    terms: { hinge: {}, "adaptive-weights": { variant: "fixed", ...weights } },
  });
  const { real, fake, moved, scalars } = observe(tiny);
  assertClose(
    moved,
    real.map((x, i) => 0.3 * x + 2 * (fake[i] as number)),
    1e-10,
    "step",
  );
  assert.deepEqual(
    ["real", "fake"].map((which) => scalars.get(`discriminator/weights/${which}`)),
    [0.3, 2],
  );
  await assert.rejects(
    TinyGame.create({ ...points, terms: { hinge: {}, "adaptive-weights": { real: 0.3 } } }),
    (error) => error instanceof UsageError && /set variant=fixed/.test(error.message),
  );
});

test("theorem 1: with fixed weights and cross-entropy D becomes w_r p / (w_r p + w_f q)", async () => {
  // Three points, as rows of the identity: a small D can give each a score of its own.
  const [p, q] = [
    [4, 1, 1],
    [1, 2, 3],
  ];
  const rows = (counts: readonly number[]) =>
    torch.eye(3, { dtype: "float64" }).indexSelect(
      0,
      torch.fromTypedArray(
        BigInt64Array.from(
          counts.flatMap((count, i) => Array.from({ length: count }, () => i)),
          BigInt,
        ),
      ),
    );
  const settings = { variant: "fixed", real: 0.6, fake: 1.5 };
  const [rule, loss] = await Promise.all(
    ["adaptive-weights", "non-saturating"].map((name) => terms.get(name)),
  );
  const game = await adHocGame(
    {
      "non-saturating": loss!.make(loss!.options.parse({})),
      "adaptive-weights": rule!.make(rule!.options.parse(settings)),
      fakes: {
        plan: (plan) =>
          void plan.streams.set("fake", { dependsOn: ["generator"], sample: () => ({ image: rows(q!) }) }),
      },
    },
    {
      data: { kind: "points", shape: [3], classes: undefined },
      net: { ...SMOOTH, discriminatorHidden: [8] },
      optimizers: { default: { kind: "sgd", learningRate: 2 } },
    },
  );
  for (let step = 0; step < 800; step++)
    scope(() =>
      game.step(
        game.phases[0]!,
        stepOptions(() => ({ image: rows(p!) }), { logging: false }),
      ),
    );
  const scores = scope(() => {
    const network = game.network<Discriminator>("discriminator");
    const sample = { image: torch.eye(3, { dtype: "float64" }) };
    return network.score(network.features(sample), sample).sigmoid().toNumbers();
  });
  const best = p!.map((each, i) => (0.6 * each) / (0.6 * each + 1.5 * q![i]!));
  assertClose(scores, best, 1e-6, "D");
  game.dispose();
});

test("other losses keep their weight", async () => {
  using tiny = await TinyGame.create({
    ...points,
    ...SGD,
    terms: { hinge: {}, "gradient-penalty": { weight: 3 }, "adaptive-weights": {} },
  });
  const { real, fake, others, moved, scalars } = observe(tiny);
  const weight = (which: string) => scalars.get(`discriminator/weights/${which}`) as number;
  const combined = real.map(
    (x, i) => weight("real") * x + weight("fake") * (fake[i] as number) + (others[i] as number),
  );
  assert.ok(others.some((x) => x !== 0));
  assertClose(moved, combined, 1e-10, "step");
});

test("equal weights are the plain sum bit for bit, and both measure the same", async () => {
  for (const base of [points, images]) {
    using plain = await TinyGame.create({
      ...base,
      terms: { hinge: {} },
      schedule: { judgeTogether: false },
      dtype: "float32",
    });
    using equal = await TinyGame.create({
      ...base,
      terms: { hinge: {}, "adaptive-weights": { variant: "equal" } },
      dtype: "float32",
    });
    plain.iterate(3);
    equal.iterate(3);
    assert.deepEqual(equal.weights(), plain.weights());
    // Logging measures the parts too, and changes nothing.
    const scalars = equal.step("discriminator");
    plain.step("discriminator");
    assert.deepEqual(equal.weights(), plain.weights());
    assert.equal(scalars.get("discriminator/weights/real"), 1);
    assert.ok(Number.isFinite(scalars.get("discriminator/angle/real-fake")));
  }
});

test("weights of 1 give the plain sum through the weighted path too", async () => {
  // Raw weights of case 5 without epsilon are 1.
  using plain = await TinyGame.create({ ...points, ...SGD, terms: { "non-saturating": {} } });
  using one = await TinyGame.create({
    ...points,
    ...SGD,
    terms: {
      "non-saturating": {},
      "adaptive-weights": { variant: "raw", epsilon: 0, low: 0, high: 1, margin: 1 },
    },
  });
  plain.iterate(3);
  one.iterate(3);
  assertClose(one.weights(), plain.weights(), 1e-13, "weights");
});

test("scores after the update are those of the same samples, and looking changes nothing", async () => {
  using tiny = await TinyGame.create({ ...images, terms: { hinge: {}, "adaptive-weights": {} } });
  using quiet = await TinyGame.create({ ...images, terms: { hinge: {}, "adaptive-weights": {} } });
  const scalars = tiny.step("discriminator");
  quiet.step("discriminator", { logging: false });
  assert.deepEqual(tiny.weights(), quiet.weights());
  const get = (name: string) => scalars.get(`discriminator/${name}`) as number;
  assert.equal(get("before/real"), get("real"));
  const again = tiny.undisturbed(() => {
    const play = tiny.play(["discriminator"]);
    return (["real", "fake"] as const).map((stream) =>
      play.judge("discriminator", stream).logits.mean().item(),
    );
  });
  // The singular vectors have moved on once for each sample, in the same order.
  assertClose([get("after/real"), get("after/fake")], again, 1e-12, "after");
  assert.notEqual(get("after/real"), get("before/real"));
});

test("it goes with conditional networks, and not with another rule for the same discriminator", async () => {
  using conditional = await TinyGame.create({
    net: { family: "resnet", channels: 2 },
    data: { kind: "images", shape: [3, 32, 32], classes: 3 },
    conditional: true,
    terms: { hinge: {}, "adaptive-weights": {} },
    dtype: "float32",
  });
  conditional.iterate(1);
  await assert.rejects(
    TinyGame.create({
      ...points,
      terms: { hinge: {}, "adaptive-weights": {}, again: { term: "adaptive-weights" } },
    }),
    (error) => error instanceof UsageError && /cannot share/.test(error.message),
  );
  await assert.rejects(
    TinyGame.create({ ...points, terms: { hinge: {}, "adaptive-weights": { discriminator: "critic" } } }),
    (error) => error instanceof UsageError && /no discriminator 'critic'/.test(error.message),
  );
});

test("no tensor is left behind", async () => {
  using tiny = await TinyGame.create({ ...points, terms: { hinge: {}, "adaptive-weights": {} } });
  tiny.iterate(1);
  const { count } = liveTensors();
  scope(() => tiny.iterate(3));
  for (let i = 0; i < 3; i++) tiny.step("discriminator");
  assert.equal(liveTensors().count, count);
});

test("where no loss of D comes in parts it is refused, not ignored", async () => {
  const weighted = { "adaptive-weights": {} };
  await assert.rejects(
    TinyGame.create({ ...points, terms: { r1: {}, ...weighted } }),
    /weighs the real and the fake part .* no loss here comes in parts/,
  );
  await assert.rejects(
    TinyGame.create({
      ...points,
      terms: { hinge: { discriminator: "diffusion" }, "manifold-diffusion": {}, ...weighted },
    }),
    /no loss here comes in parts/,
  );
  // A term that says it splits, and does not.
  const whole: Term = {
    splits: () => true,
    loss: (player, play) =>
      player === "discriminator" ? play.judge("discriminator", "fake").logits.mean() : undefined,
  };
  const definition = await terms.get("adaptive-weights");
  const game = await adHocGame({ whole, weights: definition.make(definition.options.parse({}) as never) });
  const step = () =>
    scope(() =>
      game.step(
        game.phases[0]!,
        stepOptions(() => ({ image: torch.zeros([6, 2], { dtype: "float64" }) })),
      ),
    );
  assert.throws(step, /what the discriminator minimises does not come in a real and a fake part/);
});

test("a task on the fakes' features shares their graph, which both gradients leave whole", async () => {
  using tiny = await TinyGame.create({
    ...images,
    terms: { hinge: {}, "adaptive-weights": {}, "mutual-information": { units: 3 } },
  });
  const before = tiny.weights("discriminator");
  tiny.step("discriminator");
  assert.notDeepEqual(tiny.weights("discriminator"), before);
});
