// The trainer against training loops that are none of Gantry's: PyTorch's, kept as numbers, and one of LibTorch's operators.
import assert from "node:assert/strict";
import { test } from "node:test";
import { getThreads, grad, RandomGenerator, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import type { JsonObject } from "../core/base/json.js";
import { resolveConfig } from "../core/config/config.js";
import type { Config } from "../core/config/schema.js";
import { type Dataset, MemoryDataset, sharedBytes } from "../core/data/index.js";
import { readGolden } from "../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../testing/networks.js";
import { Trainer } from "./trainer.js";

setThreads(1);

type Summaries = Record<string, [number, number]>;
interface Golden {
  losses: [discriminator: number, generator: number][];
  generator: Summaries;
  discriminator: Summaries;
  average: Summaries;
  samples: [number, number];
  "raw samples": [number, number];
}
const golden = readGolden<Record<string, Golden>>("trainer/training.json");

const COUNT = 12;

/** The images and labels of make_golden.py. A batch holds all, so that their order is of no account. */
function imagesOfGolden(): Dataset {
  const data = sharedBytes(COUNT * 784);
  for (let i = 0; i < data.length; i++) data[i] = (i * i * 31 + i * 7919) % 256;
  return new MemoryDataset({
    name: "formula",
    kind: "images",
    shape: [1, 28, 28],
    classes: ["a", "b", "c"],
    labels: Int32Array.from({ length: COUNT }, (_, i) => i % 3),
    items: { data, record: 784, parts: 1, table: undefined },
  });
}

const conditional = (...settings: JsonObject[]): Promise<Config> =>
  resolveConfig({
    recipe: "cgan",
    settings: [
      {
        net: { channels: 2, prior: { size: 4 } },
        optimizers: { default: { learningRate: 1e-3 } },
        schedule: { decay: "linear" },
        average: { decay: 0.8, start: 2 },
        batch: COUNT,
        steps: 6,
        seed: 3,
        threads: 1,
        intervals: { log: 1 },
      },
      ...settings,
    ],
  });

for (const [name, schedule] of [
  ["fresh fakes, two steps of D", { discriminatorSteps: 2, shareSamples: false }],
  ["the fakes of D's step", { discriminatorSteps: 1, shareSamples: true }],
] as const)
  test(`a conditional DCGAN, ${name}: PyTorch's losses, weights, average and samples`, async () => {
    const expected = golden[name] as Golden;
    const trainer = await Trainer.create(await conditional({ schedule }), undefined, imagesOfGolden());
    for (const player of ["generator", "discriminator"]) fillNetwork(trainer.game.network(player), "float32");
    trainer.average?.restart();
    const losses: number[] = [];
    for await (const { scalars } of trainer.run())
      losses.push(
        scalars?.["discriminator/non-saturating"] as number,
        scalars?.["generator/non-saturating"] as number,
      );
    assertClose(losses, expected.losses.flat(), 1e-5, "losses");
    const compare = (state: ReadonlyMap<string, Tensor>, sums: Summaries, what: string) => {
      assert.deepEqual([...state.keys()].sort(), Object.keys(sums).sort());
      for (const [key, tensor] of state)
        assertClose(summary(key, tensor), sums[key] as number[], 1e-5, `${what} ${key}`);
    };
    compare(trainer.game.network("generator").stateDict(), expected.generator, "generator");
    compare(trainer.game.network("discriminator").stateDict(), expected.discriminator, "discriminator");
    compare(trainer.average?.stateDict() ?? new Map(), expected.average, "average");
    scope(() => {
      const latents = patternTensor("latent", [32, 4], 2).to({ dtype: "float32" });
      const shown = (weights: "average" | "raw") =>
        summary("samples", trainer.generate({ count: 32, latents, weights }));
      assertClose(shown("average"), expected.samples, 1e-5, "samples");
      assertClose(shown("raw"), expected["raw samples"], 1e-5, "raw samples");
    });
    await trainer.close();
  });

/** Adam of Kingma and Ba 2015, algorithm 1, in LibTorch's operators. */
class AdamByHand {
  #steps = 0;
  readonly #moments: { first: Tensor; second: Tensor }[];

  constructor(weights: readonly Tensor[]) {
    this.#moments = weights.map((each) => ({ first: each.zerosLike(), second: each.zerosLike() }));
  }

  step(
    weights: Tensor[],
    gradients: readonly Tensor[],
    rate: number,
    [b1, b2]: readonly [number, number],
  ): void {
    this.#steps++;
    for (const [i, moments] of this.#moments.entries()) {
      const gradient = gradients[i] as Tensor;
      moments.first = moments.first.mul(b1).add(gradient.mul(1 - b1));
      moments.second = moments.second.mul(b2).add(gradient.square().mul(1 - b2));
      const first = moments.first.div(1 - b1 ** this.#steps);
      const second = moments.second.div(1 - b2 ** this.#steps);
      const moved = (weights[i] as Tensor).detach().sub(first.div(second.sqrt().add(1e-8)).mul(rate));
      weights[i] = moved.requiresGrad_(true);
    }
  }
}

test("a GAN on points, an average behind it: the loop in LibTorch's operators", async () => {
  const [steps, judging, count, seed] = [7, 2, 40, 5];
  const config = await resolveConfig({
    recipe: "gan",
    settings: [
      {
        data: { count },
        net: {
          generatorHidden: [6],
          generatorBatchNorm: false,
          discriminatorHidden: [6],
          discriminatorActivation: "relu",
          initialization: "default",
        },
        optimizers: { default: { learningRate: 1e-2, betas: [0.8, 0.99] } },
        schedule: { discriminatorSteps: judging, decay: "linear" },
        average: { decay: 0.7, start: 3 },
        batch: count,
        steps,
        seed,
        threads: 1,
      },
    ],
  });
  const trainer = await Trainer.create(config);
  const expected = scope(() => {
    // Bodies of two linear layers; D's second is called `last`.
    const own = (player: string) =>
      trainer.game
        .network(player)
        .parameters()
        .map((parameter) => parameter.detach().clone().requiresGrad_(true));
    const [g, d] = [own("generator"), own("discriminator")];
    let average = g.map((weight) => weight.detach().clone());
    const layers = (x: Tensor, [w1, b1, w2, b2]: readonly Tensor[]) =>
      x.matmul(w1!.t()).add(b1!).relu().matmul(w2!.t()).add(b2!);
    const adams = [new AdamByHand(g), new AdamByHand(d)] as const;
    const random = new RandomGenerator(seed + 2 ** 32);
    const latents = () => torch.randn([count, 2], { generator: random });
    const points = trainer.dataset.read(Array.from({ length: count }, (_, i) => i)) as Float32Array;
    const real = torch.fromTypedArray(points, [count, 2]);
    for (let iteration = 0; iteration < steps; iteration++) {
      const rate = 1e-2 * (1 - iteration / steps);
      for (let step = 0; step < judging; step++) {
        const fake = layers(latents(), g).detach();
        const loss = layers(real, d).neg().exp().log1p().mean().add(layers(fake, d).exp().log1p().mean());
        adams[1].step(d, grad(loss, d), rate, [0.8, 0.99]);
      }
      const loss = layers(layers(latents(), g), d).neg().exp().log1p().mean();
      adams[0].step(g, grad(loss, g), rate, [0.8, 0.99]);
      average = average.map((each, i) => {
        const now = (g[i] as Tensor).detach();
        return iteration < 3 ? now : each.mul(0.7).add(now.mul(0.3));
      });
    }
    const numbers = (tensors: readonly Tensor[]) => tensors.flatMap((tensor) => tensor.toNumbers());
    return { generator: numbers(g), discriminator: numbers(d), average: numbers(average) };
  });
  for await (const _ of trainer.run());
  for (const player of ["generator", "discriminator"] as const) {
    const found = trainer.game.network(player).parameters();
    assertClose(
      found.flatMap((parameter) => parameter.toNumbers()),
      expected[player],
      1e-5,
      player,
    );
  }
  const averages = [...(trainer.average?.stateDict().values() ?? [])];
  assertClose(
    averages.flatMap((tensor) => tensor.toNumbers()),
    expected.average,
    1e-5,
    "average",
  );
  assert.notDeepEqual(expected.average, expected.generator);
  await trainer.close();
});

test("threads and precision of the configuration are those of the training", async () => {
  const weights = async (settings: JsonObject) => {
    const trainer = await Trainer.create(await conditional(settings), undefined, imagesOfGolden());
    const threads = getThreads();
    for await (const _ of trainer.run(2));
    const found = [...trainer.game.players.values()].flatMap(({ network }) =>
      network.parameters().flatMap((parameter) => parameter.toNumbers()),
    );
    await trainer.close();
    return { threads, found };
  };
  try {
    const exact = await weights({ threads: 2 });
    assert.equal(exact.threads, 2);
    assert.equal((await weights({ threads: 1 })).threads, 1);
    const coarse = await weights({ precision: "bfloat16" });
    const apart = coarse.found.map((value, i) => Math.abs(value - (exact.found[i] as number)));
    // bfloat16 has eight digits of two: the losses' gradients differ, and a step of Adam is at most about the rate.
    assert.ok(Math.max(...apart) > 1e-5 && Math.max(...apart) < 1e-2, `${Math.max(...apart)}`);
  } finally {
    setThreads(1);
  }
});
