import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { noGrad, scope, setThreads, torch } from "@gantry/torch";
import { adHocGame, fixedLatents, points, SMOOTH, stepOptions } from "../../testing/adHocGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import type { Game } from "../game/game.js";
import { totalLoss } from "../game/gradient.js";
import { Play } from "../game/play.js";
import type { Term } from "../game/term.js";
import { planReconstruction } from "./parts/reconstruction.js";
import { terms } from "./registry.js";

setThreads(1);

interface Golden {
  networks: Record<string, Record<string, number[] | number[][]>>;
  real: number[][];
  latent: number[][];
  scores: Record<string, number[]>;
  cases: { term: string; options: Record<string, unknown>; losses: Record<string, number> }[];
}

const golden = JSON.parse(
  readFileSync(new URL("../../../golden/terms-basic/terms.json", import.meta.url), "utf8"),
) as Golden;

const float64 = (values: number[][] | number[]) => torch.tensor(values, { dtype: "float64" });

/** The golden file's networks and batches, with one term. */
async function goldenGame(term: Term): Promise<Game> {
  const game = await adHocGame({
    latents: fixedLatents(() => float64(golden.latent)),
    encoder: { plan: planReconstruction },
    term,
  });
  for (const [name, state] of Object.entries(golden.networks))
    scope(() =>
      game.network(name).loadStateDict(new Map(Object.entries(state).map(([key, v]) => [key, float64(v)]))),
    );
  return game;
}

const options = () => stepOptions(() => ({ image: float64(golden.real) }));

/** What one player minimises, in a step in which it updates alone. */
function lossOf(game: Game, player: string): number | undefined {
  return scope(() => {
    const play = new Play(game, { ...options(), updating: new Set([player]) });
    return totalLoss(game.evaluate([player], play))?.item();
  });
}

for (const { term, options: chosen, losses } of golden.cases)
  test(`${term} ${JSON.stringify(chosen)} is the formula in NumPy`, async () => {
    const definition = await terms.get(term);
    const game = await goldenGame(definition.make(definition.options.parse(chosen) as never));
    for (const [player, expected] of Object.entries(losses)) {
      const actual = lossOf(game, player);
      assert.ok(actual !== undefined, `${player} minimises nothing`);
      assertClose([actual], [expected], 1e-12, player);
    }
  });

test("the golden scores are the networks' own", async () => {
  const game = await goldenGame({});
  scope(() => {
    const play = new Play(game, { ...options(), updating: new Set() });
    for (const [stream, scores] of Object.entries(golden.scores))
      assertClose(play.judge("discriminator", stream).logits.toNumbers(), scores, 1e-12, stream);
  });
});

const smooth = { family: "mlp", prior: { size: 2 }, ...SMOOTH };
const points2 = { kind: "points", shape: [2], classes: undefined } as const;
const dcgan = { family: "dcgan", prior: { size: 3 }, channels: 2 };
const images = { kind: "images", shape: [1, 28, 28], classes: undefined } as const;

// The adversarial terms' own are in testing/tinyGame.test.ts.
for (const [term, chosen, team] of [
  ["gradient-penalty", {}, ["discriminator"]],
  ["gradient-penalty", { sides: "one", target: 0.3 }, ["discriminator"]],
  ["r1", { gamma: 3 }, ["discriminator"]],
  ["r1", { stream: "fake" }, ["discriminator"]],
  ["reconstruction", {}, ["generator", "encoder"]],
  ["reconstruction", { distance: "l1" }, ["generator", "encoder"]],
  ["reconstruction", { distance: "features" }, ["generator", "encoder"]],
  ["mode-regularizer", {}, ["generator", "encoder"]],
  ["feature-matching", {}, ["generator"]],
  ["feature-matching", { distance: "absolute" }, ["generator"]],
  ["minimax", { realTarget: 0.7 }, ["discriminator"]],
  ["non-saturating", { realTarget: 0.9 }, ["discriminator"]],
] as const)
  test(`${term} ${JSON.stringify(chosen)}: gradients match finite differences`, async () => {
    using tiny = await TinyGame.create({ net: smooth, data: points2, terms: { [term]: chosen } });
    checkLossGradient(tiny, team, { perParameter: 4 });
  });

for (const [terms, net] of [
  [
    { wasserstein: {}, "gradient-penalty": {} },
    { ...dcgan, discriminatorNorm: "none" },
  ],
  [{ "non-saturating": {}, r1: {} }, dcgan],
] as const)
  test(`${Object.keys(terms).join(" and ")} through convolutions: gradients match finite differences`, async () => {
    using tiny = await TinyGame.create({ net, data: images, terms, batch: 3 });
    // The LeakyReLU's kinks are everywhere: a small step stays on one side of nearly all of them.
    checkLossGradient(tiny, ["discriminator"], { perParameter: 2, step: 1e-7, tolerance: 1e-5 });
  });

test("the penalty looks between real and fake, at one place for each pair", async () => {
  const definition = await terms.get("gradient-penalty");
  let seen: number[][] = [];
  const game = await adHocGame({
    spy: {
      plan(plan) {
        plan.addView("discriminator", {
          apply(sample) {
            const flat = sample.image.toNumbers();
            seen = Array.from({ length: flat.length / 2 }, (_, i) => flat.slice(2 * i, 2 * i + 2));
            return sample;
          },
        });
      },
    },
    penalty: definition.make(definition.options.parse({}) as never),
  });
  scope(() => {
    const play = new Play(game, {
      ...stepOptions(() => ({ image: points() })),
      updating: new Set(["discriminator"]),
    });
    game.evaluate(["discriminator"], play);
    const [real, fake] = ["real", "fake"].map((name) => play.stream(name).image.toNumbers()) as [
      number[],
      number[],
    ];
    const epsilons = seen.map((place, i) => {
      const [a, b] = [0, 1].map((axis) => {
        const [from, to] = [fake[2 * i + axis] as number, real[2 * i + axis] as number];
        return ((place[axis] as number) - from) / (to - from);
      }) as [number, number];
      assert.ok(Math.abs(a - b) < 1e-9 && a >= 0 && a <= 1, `${a} along one axis, ${b} along the other`);
      return a;
    });
    assert.equal(new Set(epsilons).size, 6, "every pair has its own");
  });
});

test("a discriminator that is flat somewhere is penalised there, without NaN", async () => {
  const definition = await terms.get("gradient-penalty");
  const game = await adHocGame(
    { penalty: definition.make(definition.options.parse({}) as never) },
    { net: { ...SMOOTH, discriminatorActivation: "relu" } },
  );
  // Every unit of D is off: the slope is exactly 0, where the norm has no derivative.
  noGrad(() => {
    for (const [name, parameter] of game.network("discriminator").namedParameters())
      if (name === "body.0.bias") parameter.copy_(torch.full([4], -100, { dtype: "float64" }));
  });
  const real = points();
  const { losses } = game.step(
    { name: "discriminator", update: ["discriminator"], steps: 1, real: "fresh" },
    stepOptions(() => ({ image: real })),
  );
  assert.equal(losses.get("discriminator/penalty")?.item(), 10);
  for (const parameter of game.network("discriminator").parameters())
    assert.ok(parameter.toNumbers().every(Number.isFinite));
});

test("weight clipping holds D's parameters, after each of its updates and nobody else's", async () => {
  using tiny = await TinyGame.create({
    net: smooth,
    data: points2,
    terms: { wasserstein: {}, "weight-clipping": { limit: 0.05 } },
  });
  const largest = (player: string) => Math.max(...tiny.weights(player).map(Math.abs));
  const before = largest("generator");
  assert.ok(largest("discriminator") > 0.05);
  tiny.step("generator");
  assert.ok(largest("discriminator") > 0.05, "the generator's update clips nothing");
  tiny.step("discriminator");
  assert.ok(largest("discriminator") <= 0.05);
  assert.ok(largest("generator") > 0.05 && before > 0.05);
});

test("a weight of 0 takes the whole term away", async () => {
  for (const [term, off, player] of [
    ["gradient-penalty", { weight: 0 }, "discriminator"],
    ["r1", { gamma: 0 }, "discriminator"],
    ["reconstruction", { weight: 0 }, "generator"],
    ["mode-regularizer", { weight: 0 }, "encoder"],
    ["hinge", { weight: 0 }, "generator"],
  ] as const) {
    using tiny = await TinyGame.create({ net: smooth, data: points2, terms: { [term]: off } });
    const play = tiny.play([player]);
    assert.equal(tiny.game.losses([player], play).byTerm.size, 0, term);
  }
});
