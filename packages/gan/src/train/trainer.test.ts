import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultGenerator, liveTensors, type optim, scope, setThreads, Tensor, torch } from "@gantry/torch";
import { UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { resolveConfig } from "../core/config/config.js";
import type { Config } from "../core/config/schema.js";
import { createLoader, type Dataset, MemoryDataset, Random, sharedBytes } from "../core/data/index.js";
import type { Phase, Stream } from "../core/game/play.js";
import type { Discriminator } from "../core/nets/contract.js";
import { drawSamples } from "../core/sample/pictures.js";
import { temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { train } from "./train.js";
import { type StepReport, Trainer, toSample } from "./trainer.js";

setThreads(1);
const images = await writeImages(await temporaryFolder());

const create = async (recipe: string, ...settings: JsonObject[]) =>
  await Trainer.create(await tinyConfig(recipe, images, ...settings));

async function run(trainer: Trainer, until?: number): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for await (const report of trainer.run(until)) reports.push(report);
  return reports;
}

/** Every network's parameters and buffers, the averages and every random state: what must not be disturbed. */
function everything(trainer: Trainer): unknown {
  const networks = [...trainer.game.players.values()].flatMap(({ name, network }) =>
    [...network.stateDict()].map(([key, tensor]) => [name, key, tensor.toNumbers()]),
  );
  const averages = [...(trainer.average?.stateDict() ?? [])].map(([key, tensor]) => [
    key,
    tensor.toNumbers(),
  ]);
  return { networks, averages, state: trainer.state() };
}

test("iterations, images and epochs are counted", async () => {
  // 200 points in batches of 16: 12 batches an epoch, the rest dropped.
  const trainer = await create("gan", { steps: 30 });
  const begun = performance.now();
  const reports = await run(trainer);
  const taken = (performance.now() - begun) / 1000;
  assert.deepEqual(
    reports.map(({ iteration }) => iteration),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  assert.deepEqual(
    reports.map(({ imagesSeen }) => imagesSeen),
    Array.from({ length: 30 }, (_, i) => 16 * (i + 1)),
  );
  assert.deepEqual(
    [0, 11, 12, 23, 24, 29].map((i) => reports[i]?.epoch),
    [0, 0, 1, 1, 2, 2],
  );
  assert.ok(reports.every(({ steps, seconds }) => steps === 30 && seconds > 0));
  assert.ok(reports.reduce((sum, { seconds }) => sum + seconds, 0) <= taken);
  assert.deepEqual(
    reports.filter(({ scalars }) => scalars !== undefined).map(({ iteration }) => iteration),
    [1, ...Array.from({ length: 15 }, (_, i) => 2 * (i + 1))],
  );
  assert.deepEqual(Object.keys(reports[0]?.scalars ?? {}), [
    "discriminator/non-saturating",
    "discriminator/real",
    "discriminator/fake",
    "generator/non-saturating",
  ]);
  await trainer.close();
});

test("every discriminator step takes a fresh batch, bursts too", async () => {
  const trainer = await create("gan", {
    steps: 8,
    schedule: { discriminatorSteps: 2, burst: { steps: 4, first: 2, every: 5 } },
  });
  const reports = await run(trainer);
  const seen = reports.map(({ imagesSeen }, i) => (imagesSeen - (reports[i - 1]?.imagesSeen ?? 0)) / 16);
  assert.deepEqual(seen, [4, 4, 2, 2, 2, 4, 2, 2]);
  await trainer.close();
});

test("rates, betas and weights of terms are what their schedules say, iteration by iteration", async () => {
  const rate = (over: JsonObject) => ({ from: 1e-3, to: 5e-4, over });
  const trainer = await create("gan", {
    steps: 6,
    intervals: { log: 1 },
    optimizers: {
      default: {
        learningRate: rate({ iterations: 4 }),
        betas: [0.5, { from: 0.999, to: 0.9, over: { images: 64 } }],
      },
      discriminator: { learningRate: rate({ epochs: 0.25 }) },
    },
    terms: { r1: { gamma: { from: 0, to: 6, over: { training: 0.5 }, shape: "steps" } } },
  });
  const { players } = trainer.game;
  const optimizerOf = (name: string) => players.get(name)?.optimizer as optim.Adam;
  const seen: unknown[] = [];
  for await (const { scalars } of trainer.run())
    seen.push([
      optimizerOf("generator").learningRate,
      optimizerOf("generator").betas,
      optimizerOf("discriminator").learningRate,
      "discriminator/r1" in (scalars ?? {}),
    ]);
  const between = (from: number, to: number, share: number) =>
    from * (1 - Math.min(1, share)) + to * Math.min(1, share);
  // Batches of 16 of 200 points.
  const expected = Array.from({ length: 6 }, (_, i) => [
    between(1e-3, 5e-4, i / 4),
    [0.5, between(0.999, 0.9, (16 * i) / 64)],
    between(1e-3, 5e-4, (16 * i) / 200 / 0.25),
    i >= 3,
  ]);
  assert.deepEqual(seen, expected);
  await trainer.close();
});

test("a half-life leaves half of the average after so many images", async () => {
  const trainer = await create("gan", { steps: 4, average: { halfLife: { images: 64 } } });
  const { average, game } = trainer;
  assert.ok(average);
  const parameter = () => (game.network("generator").parameters()[0] as Tensor).toNumbers()[0] as number;
  const averaged = () => [...average.stateDict().values()][0]?.toNumbers()[0] as number;
  let expected = parameter();
  for await (const _ of trainer.run()) expected = expected * 0.5 ** 0.25 + parameter() * (1 - 0.5 ** 0.25);
  assert.ok(Math.abs(averaged() - expected) < 1e-6, `${averaged()} ${expected}`);
  await trainer.close();
});

test("several generator steps of a larger batch: the loop written by hand, each step with latents of its own", async () => {
  const settings = {
    steps: 3,
    average: null,
    schedule: { decay: "none", generatorSteps: 2, generatorBatch: 40 },
  };
  const trainer = await create("gan", settings);
  await run(trainer);
  const byHand = await create("gan", settings, { schedule: { generatorSteps: 1, generatorBatch: null } });
  const { game, dataset, config, random } = byHand;
  const loader = createLoader({ dataset, batch: config.batch, seed: config.seed });
  const [discriminator, generator] = game.phases as [Phase, Phase];
  assert.deepEqual([generator.name, generator.steps], ["generator", 1]);
  game.train(true);
  for (let iteration = 0; iteration < 3; iteration++) {
    const real = toSample(await loader.next(), "cpu");
    const drawn: string[] = [];
    for (const phase of [discriminator, generator, generator]) {
      drawn.push(Buffer.from(random.getState()).toString("base64"));
      const batch = phase === generator ? 40 : 16;
      const options = { iteration, steps: 3, batch, random, logging: false, real: () => real };
      scope(() => game.step(phase, { ...options, device: "cpu" }));
    }
    assert.equal(new Set(drawn).size, 3);
  }
  const weights = ({ game: { players } }: Trainer) =>
    [...players.values()].map(({ network }) => network.parameters().map((each) => each.toNumbers()));
  assert.deepEqual(weights(byHand), weights(trainer));
  await loader.close();
  await byHand.close();
  await trainer.close();
});

test("images go to a device as bytes, and are numbers from -1 to 1 there", (context) => {
  const data = Uint8Array.from({ length: 2 * 3 * 4 * 4 }, (_, i) => (i * 7) % 256);
  const batch = {
    data,
    shape: [2, 3, 4, 4],
    labels: Int32Array.of(1, 0),
    indices: Uint32Array.of(3, 5),
    epoch: 0,
    progress: 0,
  };
  const moved: string[] = [];
  for (const name of ["to", "toCopy"] as const) {
    const original = Tensor.prototype[name];
    context.mock.method(
      Tensor.prototype,
      name,
      function (this: Tensor, options?: Parameters<Tensor["to"]>[0]) {
        const made = original.call(this, options);
        if (made.device !== this.device && made.dim === 4) moved.push(this.dtype);
        return made;
      },
    );
  }
  scope(() => {
    const { image, label } = toSample(batch, "meta");
    assert.deepEqual([image.device, image.dtype, image.shape], ["meta", "float32", batch.shape]);
    assert.ok(image.isContiguous("channelsLast"));
    assert.deepEqual([label?.device, label?.dtype], ["meta", "int64"]);
    assert.deepEqual(moved, ["uint8"]);
    const here = toSample(batch, "cpu").image;
    assert.ok(here.isContiguous("channelsLast"));
    const expected = Float32Array.from(data, (byte) => Math.fround(byte * Math.fround(2 / 255)) - 1);
    assert.deepEqual(here.toTypedArray(), expected);
  });
});

test("learning rates fall linearly, to 0 behind the last iteration", async () => {
  const trainer = await create("gan", {
    steps: 5,
    optimizers: { default: { learningRate: 0.1 }, discriminator: { learningRate: 0.5 } },
  });
  const rates: number[][] = [];
  for await (const _ of trainer.run())
    rates.push([...trainer.game.players.values()].map(({ optimizer }) => optimizer.learningRate));
  const expected = [1, 0.8, 0.6, 0.4, 0.2].map((factor) => [0.1 * factor, 0.5 * factor]);
  for (const [i, pair] of rates.entries())
    for (const [j, rate] of pair.entries()) assert.ok(Math.abs(rate - (expected[i]?.[j] ?? 0)) < 1e-12);
  await trainer.close();
});

test("looking at samples disturbs nothing: random state, batch statistics, mode", async () => {
  for (const recipe of ["gan", "dcgan"]) {
    const straight = await create(recipe);
    await run(straight);
    const looked = await create(recipe);
    for await (const { iteration } of looked.run()) {
      if (iteration % 2 === 0) continue;
      const before = everything(looked);
      using samples = looked.generate({ count: 10, seed: iteration });
      using raw = looked.generate({ count: 10, weights: "raw" });
      assert.deepEqual(samples.shape.slice(1), looked.dataset.shape);
      assert.equal(raw.requiresGrad, false);
      await drawSamples(looked, samples);
      assert.deepEqual(everything(looked), before);
    }
    assert.deepEqual(everything(looked), everything(straight), recipe);
    await straight.close();
    await looked.close();
  }
});

test("samples: the same for the same seed, with the averaged weights unless raw ones are asked for", async () => {
  const trainer = await create("gan");
  await run(trainer);
  const numbers = (options: Parameters<Trainer["generate"]>[0]) =>
    scope(() => trainer.generate(options).toNumbers());
  assert.deepEqual(numbers({ count: 40, seed: 3 }), numbers({ count: 40, seed: 3 }));
  assert.notDeepEqual(numbers({ count: 4, seed: 3 }), numbers({ count: 4, seed: 4 }));
  assert.notDeepEqual(numbers({ count: 4, weights: "raw" }), numbers({ count: 4 }));
  // The batches they are made in do not show.
  using many = torch.randn([40, 2]);
  using few = many.narrow(0, 0, 7);
  const all = numbers({ count: 40, latents: many });
  numbers({ count: 7, latents: few }).forEach((value, i) => {
    assert.ok(Math.abs(value - (all[i] as number)) < 1e-6);
  });
  using latents = torch.zeros([3, 2]);
  const same = numbers({ count: 3, latents });
  assert.deepEqual(same.slice(0, 2), same.slice(2, 4));
  await trainer.close();
});

/** 32 colour pictures of 32 pixels in 3 classes. */
function colours(): Dataset {
  const random = new Random(1);
  const data = sharedBytes(32 * 3 * 32 * 32);
  for (let i = 0; i < data.length; i++) data[i] = random.integer(256);
  return new MemoryDataset({
    name: "colours",
    kind: "images",
    shape: [3, 32, 32],
    classes: ["a", "b", "c"],
    labels: Int32Array.from({ length: 32 }, (_, i) => i % 3),
    items: { data, record: 3 * 32 * 32, parts: 1, table: undefined },
  });
}

const conditional = async (): Promise<Config> =>
  await resolveConfig({
    recipe: "sngan-projection",
    settings: [{ net: { channels: 2, prior: { size: 4 } }, batch: 4, steps: 3, threads: 1 }],
  });

test("a conditional generator's samples come in rows of a class", async () => {
  const trainer = await Trainer.create(await conditional(), undefined, colours());
  await run(trainer);
  using latents = torch.ones([24, 4]);
  using samples = trainer.generate({ count: 24, latents });
  const size = 3 * 32 * 32;
  const image = (i: number) => samples.toNumbers().slice(i * size, (i + 1) * size);
  const difference = (a: number, b: number) => {
    const other = image(b);
    return Math.max(...image(a).map((value, i) => Math.abs(value - (other[i] as number))));
  };
  assert.ok(difference(0, 7) < 1e-6 && difference(8, 15) < 1e-6 && difference(16, 23) < 1e-6, "within a row");
  assert.ok(difference(7, 8) > 1e-5 && difference(15, 16) > 1e-5, "from row to row");
  await trainer.close();
});

test("what does not go together is refused before anything is built", async () => {
  const config = await conditional();
  const unlabelled = new MemoryDataset({
    name: "plain",
    kind: "images",
    shape: [3, 32, 32],
    classes: undefined,
    items: { data: sharedBytes(8 * 3 * 32 * 32), record: 3 * 32 * 32, parts: 1, table: undefined },
  });
  await assert.rejects(Trainer.create(config, undefined, unlabelled), /conditional networks need labels/);
  await assert.rejects(
    create("gan", {
      net: { family: "dcgan", generatorHidden: null, discriminatorHidden: null, initialization: null },
    }),
    UsageError,
  );
  await assert.rejects(create("gan", { batch: 201 }), /a batch of 201 is larger than the data set/);
  await assert.rejects(
    create("dcgan", { schedule: { generatorBatch: 12 } }),
    /generatorBatch=12: with shareSamples G's step looks at D's 6 fakes; set schedule.shareSamples=false/,
  );
  await assert.rejects(create("gan", { device: "cuda:7" }), /no device cuda:7|sees no cuda device/);
  await assert.rejects(
    create("gan", { optimizers: { generatr: { learningRate: 1 } } }),
    /optimizers\.generatr: there is no player 'generatr'; did you mean "generator"\?; players: generator, discriminator/,
  );
});

test("a team learns where one of its members does, and is refused where none does", async () => {
  // The encoder of reg-gan updates along with G; with its weights at 0 G alone has a loss.
  const weightless = {
    reconstruction: { weight: 0 },
    "mode-regularizer": { weight: 0 },
  };
  const trainer = await create("reg-gan", { steps: 1, terms: weightless });
  assert.equal((await run(trainer)).length, 1);
  await trainer.close();
  const alone = await create("gan", { steps: 1, terms: { "non-saturating": null, r1: {} } });
  await assert.rejects(
    run(alone),
    (error) => error instanceof UsageError && /^the generator would learn nothing/.test(error.message),
  );
  await alone.close();
});

test("a loss that is not finite ends the run, naming the iteration as reports count it", async () => {
  const config = await tinyConfig("gan", images, {
    terms: { "non-saturating": null, "least-squares": {} },
    optimizers: { default: { kind: "sgd", learningRate: 1e30 } },
  });
  const trainer = await Trainer.create(config);
  let reported = 0;
  await assert.rejects(
    async () => {
      for await (const { iteration } of trainer.run()) reported = iteration;
    },
    (error: Error) => {
      assert.match(
        error.message,
        /^iteration \d+: the term 'least-squares' of the \w+ is (NaN|Infinity): the training has diverged/,
      );
      assert.ok(
        error.message.startsWith(`iteration ${reported + 1}:`),
        `${error.message}, ${reported} reported`,
      );
      return true;
    },
  );
  await trainer.close();
});

test("live tensors stay as many over iterations, logged or not", async () => {
  for (const recipe of ["gan", "dcgan", "reg-gan", "wgan-gp"]) {
    const trainer = await create(recipe, { steps: 40, schedule: { discriminatorSteps: 1 } });
    await run(trainer, 4);
    const before = liveTensors();
    await run(trainer, 40);
    const after = liveTensors();
    // Fewer, when the collector found what earlier tests lost.
    assert.ok(
      after.count <= before.count && after.bytes <= before.bytes,
      `${recipe}: ${before.count} to ${after.count}`,
    );
    await trainer.close();
  }
});

test("close frees what the training held", async () => {
  // Made and thrown away once, so that what is made only once is there.
  await (await create("gan")).close();
  const before = liveTensors().count;
  const trainer = await create("gan");
  await run(trainer, 4);
  assert.ok(liveTensors().count > before);
  await trainer.close();
  assert.ok(liveTensors().count <= before + 2, `${before} to ${liveTensors().count}`);
});

test("train() is the loop without a directory, and stops when told", async () => {
  const config = await tinyConfig("gan", images);
  const control = new AbortController();
  const seen: number[] = [];
  for await (const { iteration } of train(config, { signal: control.signal })) {
    seen.push(iteration);
    if (iteration === 3) control.abort();
  }
  assert.deepEqual(seen, [1, 2, 3]);
});

test("the same seed gives the same bits, another seed others", async () => {
  const finals = [];
  for (const seed of [5, 5, 6]) {
    const trainer = await create("dcgan", { seed });
    await run(trainer);
    finals.push(everything(trainer));
    await trainer.close();
  }
  assert.deepEqual(finals[0], finals[1]);
  assert.notDeepEqual(finals[0], finals[2]);
});

test("the latents are not the numbers that the weights were drawn from", async () => {
  const trainer = await create("gan", { net: { initialization: "normal", scale: 1 } });
  const weights = trainer.game.network("generator").parameters()[0] as Tensor;
  const drawn = scope(() => torch.randn(weights.shape, { generator: trainer.random }).toNumbers());
  assert.notDeepEqual(weights.toNumbers(), drawn);
  assert.notDeepEqual(trainer.random.getState(), defaultGenerator().getState());
  await trainer.close();
});

test("all players in the inner loop: fakes are made once an inner iteration, of one batch of latents an iteration", async () => {
  const trainer = await create("gan", {
    steps: 2,
    schedule: { shareSamples: true },
    terms: { intervention: { k: 2, encoderSteps: 3, innerLoop: "all" } },
  });
  const stream: { sample: Stream["sample"] } = trainer.game.stream("fake");
  const made: string[] = [];
  const { sample } = stream;
  stream.sample = (play) => {
    const fakes = sample(play);
    made.push(fakes.latent!.toNumbers().join());
    return fakes;
  };
  const reports = await run(trainer);
  assert.equal(made.length, 6);
  assert.deepEqual(new Set(made.slice(0, 3)).size, 1);
  assert.deepEqual(new Set(made).size, 2);
  // D sees its batch again in every one of them.
  assert.equal(reports.at(-1)?.imagesSeen, 2 * 3 * 16);
  await trainer.close();
});

test("a batch in parts trains as a whole one, on the same images and latents, where nothing sees the others", async () => {
  const weights = async (accumulate: number) => {
    const trainer = await create("gan", {
      net: { generatorBatchNorm: false },
      schedule: { accumulate, shareSamples: true, judgeTogether: true },
    });
    const reports = await run(trainer);
    const values = [...trainer.game.players.values()].flatMap(({ network }) =>
      network.parameters().flatMap((parameter) => parameter.toNumbers()),
    );
    const { loader, imagesSeen, random } = trainer.state();
    await trainer.close();
    return {
      values,
      rest: { loader, imagesSeen, random, counts: reports.map((report) => report.imagesSeen) },
    };
  };
  const [whole, parts] = [await weights(1), await weights(4)];
  assert.deepEqual(parts.rest, whole.rest);
  whole.values.forEach((value, i) => {
    assert.ok(Math.abs(value - (parts.values[i] ?? Number.NaN)) < 1e-5);
  });
});

test("images and labels come in parts; what sees the others of a batch is told in one line", async () => {
  const notices: string[] = [];
  const config = await tinyConfig("cgan", images, { steps: 2, schedule: { accumulate: 2 } });
  const trainer = await Trainer.create(config, { onNotice: (message) => notices.push(message) });
  const sizes: (readonly number[])[] = [];
  const network = trainer.game.network<Discriminator>("discriminator");
  const features = network.features.bind(network);
  network.features = (sample) => {
    sizes.push([sample.image.size(0), sample.label?.size(0) ?? 0]);
    return features(sample);
  };
  await run(trainer);
  await trainer.close();
  assert.ok(sizes.length > 0);
  for (const [image = 0, label] of sizes) assert.ok((image === 3 || image === 6) && image === label);
  assert.deepEqual(notices, [
    "schedule.accumulate=2: not the same as a whole batch of 6, since this sees parts of 3: batch norm in the generator and the discriminator",
  ]);
});

test("parts too small for a batch norm are refused", async () => {
  const trainer = await create("gan", { net: { generatorBatchNorm: true }, schedule: { accumulate: 16 } });
  await assert.rejects(run(trainer), /schedule\.accumulate=16 leaves a batch norm one value .* --batch 32/);
  await trainer.close();
});
