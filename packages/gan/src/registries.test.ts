// What every registered term, recipe and network family keeps to. New ones are found through the registries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Device, noGrad, RandomGenerator, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "./core/base/errors.js";
import { validate } from "./core/base/validate.js";
import { buildGame } from "./core/config/build.js";
import { resolveConfig, validateConfig } from "./core/config/config.js";
import { type Config, configSchema } from "./core/config/schema.js";
import { datasets } from "./core/data/registry.js";
import type { Game } from "./core/game/game.js";
import { families, type NetFamily } from "./core/nets/family.js";
import { Prior, priorSchema } from "./core/nets/prior.js";
import type { DataShape, Sample } from "./core/nets/sample.js";
import { recipes } from "./core/recipes/recipe.js";
import { terms } from "./core/terms/registry.js";
import { metrics } from "./evaluation/metrics/metric.js";

setThreads(1);

const points: DataShape = { kind: "points", shape: [2], classes: 8 };
const images = (channels: number, size: number): DataShape => ({
  kind: "images",
  shape: [channels, size, size],
  classes: 10,
});
const SHAPES = [
  points,
  images(1, 28),
  images(3, 28),
  images(3, 32),
  images(3, 48),
  images(3, 64),
  images(3, 128),
];

/** The shape of a recipe's data, told from its configuration: nothing is opened. */
function shapeOf({ data }: Config): DataShape {
  const { name, size } = data as { name?: string; size?: number };
  if (name === "ring" || name === "grid") return points;
  const grey = name === "mnist" || name === "fashion-mnist";
  const side = name?.includes("mnist") ? 28 : name?.startsWith("cifar") ? 32 : 64;
  return images(grey ? 1 : 3, size ?? side);
}

/** Narrow networks, where the family has a width to set; the smallest that it takes for this data. */
function narrow(
  family: NetFamily,
  options: Record<string, unknown>,
  data: DataShape,
): Record<string, unknown> {
  for (const channels of [4, 8, 16, 32]) {
    const parsed = family.options.safeParse({ ...options, channels });
    if (parsed.success && family.check(parsed.data, data) === undefined) return parsed.data;
  }
  const hidden = { generatorHidden: [8], discriminatorHidden: [8], encoderHidden: [8] };
  const parsed = family.options.safeParse({ ...options, ...hidden });
  return parsed.success ? parsed.data : family.options.parse(options);
}

const BATCH = 8;

function realBatch(data: DataShape): Sample {
  const random = new RandomGenerator(1);
  const image = torch
    .rand([BATCH, ...data.shape], { generator: random })
    .mul(2)
    .sub(1);
  return {
    image,
    label: torch.randint(0, data.classes ?? 1, [BATCH], { generator: random, dtype: "int64" }),
  };
}

/**
 * One step of every phase, as iteration `iteration`.
 * @returns every loss by player and term
 */
function stepThrough(game: Game, data: DataShape, iteration: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const phase of game.phases)
    scope(() => {
      const real = realBatch(data);
      const { losses } = game.step(phase, {
        iteration,
        steps: 100,
        batch: BATCH,
        random: new RandomGenerator(2),
        device: "cpu" as Device,
        logging: true,
        real: () => real,
      });
      for (const [name, value] of losses) found.set(name, value.item());
    });
  return found;
}

/** A schema's own options: every one described, every one with a default. */
function checkOptions(owner: string, schema: z.ZodObject): void {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  for (const [name, option] of Object.entries(json.properties ?? {})) {
    assert.ok(typeof option === "object", `${owner}: ${name}`);
    assert.ok("default" in option, `${owner}: the option ${name} has no default`);
  }
  assert.equal(json.additionalProperties, false, `${owner}: unknown options are not refused`);
  assert.ok(schema.safeParse({}).success, `${owner}: no options are not enough`);
}

const named = (kind: string, key: string, each: { name: string; summary: string; source: string }) => {
  assert.equal(each.name, key);
  assert.match(each.name, /^[a-z0-9]+(-[a-z0-9]+)*$/, `${kind} ${key}: name`);
  for (const field of ["summary", "source"] as const) {
    assert.ok(each[field].length >= 8, `${kind} ${key}: no ${field}`);
    assert.doesNotMatch(each[field], /\n/);
  }
  assert.ok(each.summary.length <= 110, `${kind} ${key}: the summary is longer than a line`);
};

// Awaited before any test: a test declared while others run would be cancelled with them.
const everyTerm = await terms.all();
const everyRecipe = await recipes.all();
const everyFamily = await families.all();

for (const [name, term] of everyTerm)
  test(`term ${name}: described, and every option has a default and a description`, () => {
    named("term", name, term);
    checkOptions(name, term.options);
    for (const [option, schema] of Object.entries(term.options.shape as Record<string, z.ZodType>))
      assert.ok((schema.description ?? "") !== "", `${name}: the option ${option} has no description`);
  });

/** What a term may need beside itself before it plays. */
const COMPANY = [{ "non-saturating": {} }, { wasserstein: {} }, {}];

for (const [name, term] of everyTerm)
  test(`term ${name}: plays with its defaults on points, images or both`, async () => {
    const refusals: string[] = [];
    let played = 0;
    for (const [data, net, conditional] of [
      [points, { family: "mlp", generatorHidden: [8], discriminatorHidden: [8], encoderHidden: [8] }, false],
      [images(1, 28), { family: "dcgan", channels: 4 }, false],
      [images(3, 32), { family: "resnet", channels: 8 }, false],
      [images(3, 32), { family: "resnet", channels: 8 }, true],
      [images(3, 32), { family: "stylegan", channels: 4, styleSize: 4, mappingLayers: 1 }, false],
    ] as const) {
      // For what needs labels, or networks that grow.
      if ((conditional || net.family === "stylegan") && played > 0) continue;
      for (const company of COMPANY) {
        if (term.kind === "adversarial" && Object.keys(company).length > 0) continue;
        const config = await validateConfig({
          recipe: "test",
          data: {},
          net: { ...net, prior: { size: 8 } },
          conditional,
          terms: { ...company, [name]: {} },
          optimizers: { default: { kind: "adam" } },
          batch: BATCH,
          threads: 1,
        });
        let game: Game;
        try {
          game = await buildGame(config, data);
        } catch (error) {
          assert.ok(error instanceof UsageError, `${net.family}: ${(error as Error).stack}`);
          assert.doesNotMatch(error.message, /\n/);
          refusals.push(error.message);
          continue;
        }
        game.train(true);
        for (const iteration of [0, 1]) {
          const losses = stepThrough(game, data, iteration);
          assert.ok(losses.size > 0, `${net.family}: nobody minimises anything`);
          for (const [loss, value] of losses)
            assert.ok(Number.isFinite(value), `${net.family}: ${loss} is ${value}`);
        }
        game.dispose();
        played++;
        break;
      }
    }
    assert.ok(played > 0, `it plays nowhere: ${refusals.join("; ")}`);
  });

for (const [name, recipe] of everyRecipe)
  test(`recipe ${name}: resolves with every preset, builds and takes a step`, async () => {
    named("recipe", name, recipe);
    for (const preset of [undefined, ...Object.keys({ ...recipe.presets, ...recipe.ownPresets })]) {
      const what = `${name} --preset ${preset}`;
      const config = await resolveConfig({ recipe: name, preset });
      assert.equal(config.recipe, name);
      assert.deepEqual(await validateConfig(config), config, what);
      const data = shapeOf(config);
      const { family: familyName, prior, ...options } = config.net;
      const family = await families.get(familyName);
      assert.equal(family.check(options, data), undefined, what);
      const net = { family: familyName, prior, ...narrow(family, options, data) };
      const game = await buildGame({ ...config, net, threads: 1, batch: BATCH } as Config, data);
      game.train(true);
      const losses = stepThrough(game, data, 0);
      assert.ok(losses.size >= 2, `${what}: ${[...losses.keys()]}`);
      for (const [loss, value] of losses) assert.ok(Number.isFinite(value), `${what}: ${loss} is ${value}`);
      game.dispose();
    }
  });

const shapesOf = (tensors: readonly (Tensor | undefined)[]) => tensors.map((tensor) => tensor?.shape);

for (const [name, family] of everyFamily)
  test(`family ${name}: networks have the shapes they say`, async () => {
    named("family", name, family);
    checkOptions(name, family.options);
    const fitting = SHAPES.filter((data) => family.check(narrow(family, {}, data), data) === undefined);
    assert.ok(fitting.length > 0, "no data fits");
    const wrong: DataShape = { kind: "images", shape: [3, 33, 33], classes: undefined };
    assert.match(family.check(family.options.parse({}), wrong) ?? "", /networks are for/);
    for (const data of fitting) {
      const options = narrow(family, {}, data);
      for (const classes of [undefined, 10])
        for (const [latentSize, stochastic] of [
          [0, false],
          [5, true],
        ] as const)
          await checkNetworks(family, options, data, classes, latentSize, stochastic);
    }
  });

/** Networks for one request; a family may refuse labels and pairs, with a UsageError. */
async function checkNetworks(
  family: NetFamily,
  options: Record<string, unknown>,
  data: DataShape,
  classes: number | undefined,
  latentSize: number,
  stochastic: boolean,
): Promise<void> {
  const prior = new Prior({ size: 5, distribution: "normal" });
  const request = { data, prior, classes };
  const what = `${data.shape}, classes ${classes}, latent ${latentSize}`;
  scope(() =>
    noGrad(() => {
      const label = torch.randint(0, 10, [3], { dtype: "int64" });
      try {
        const generator = family.generator(options, request);
        const latent = prior.sample(3, new RandomGenerator(1));
        const image = generator.forward(latent, classes === undefined ? undefined : label);
        assert.deepEqual(generator.outputShape, data.shape, what);
        assert.deepEqual(image.shape, [3, ...data.shape], what);
        assert.equal(generator.prior, prior);
        const shown = generator.eval().forward(latent, classes === undefined ? undefined : label);
        if (data.kind === "images") assert.ok(shown.abs().max().item() <= 1, `${what}: outside of [-1, 1]`);

        // Two images at once, as packing gives them; the first shape is the data's own.
        for (const packed of [1, 2]) {
          const inputShape = [data.shape[0]! * packed, ...data.shape.slice(1)];
          const seen = torch.cat(
            Array.from({ length: packed }, () => image),
            1,
          );
          const discriminator = family.discriminator(options, { ...request, inputShape, latentSize });
          assert.deepEqual(discriminator.inputShape, inputShape, what);
          const sample: Sample = {
            image: seen,
            ...(latentSize > 0 ? { latent } : {}),
            ...(classes === undefined ? {} : { label }),
          };
          const features = discriminator.features(sample);
          const { local, global } = discriminator.featureShapes;
          assert.deepEqual(
            shapesOf([features.local, features.global, discriminator.score(features, sample)]),
            [local === undefined ? undefined : [3, ...local], [3, global], [3]],
            `${what}: packed ${packed}`,
          );
          discriminator.dispose();
        }

        const encoder = family.encoder(options, { ...request, stochastic });
        const encoding = encoder.forward(image);
        assert.equal(encoder.latentSize, prior.size);
        assert.deepEqual(encoder.inputShape, data.shape, what);
        assert.deepEqual(
          shapesOf([encoding.latent, encoding.mean, encoding.logVariance]),
          stochastic ? Array(3).fill([3, 5]) : [[3, 5], undefined, undefined],
          what,
        );
        encoder.dispose();
        generator.dispose();
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        assert.ok(classes !== undefined || latentSize > 0, `${what}: ${error.message}`);
      }
    }),
  );
}

/** Every schema of options by what it belongs to. */
const schemas = async (): Promise<[name: string, schema: z.ZodType][]> => [
  ["configuration", configSchema],
  ["net.prior", priorSchema],
  ...[
    ...(await families.all()).values(),
    ...(await terms.all()).values(),
    ...(await metrics.all()).values(),
  ].map(({ name, options }): [string, z.ZodType] => [name, options]),
  ...[...(await datasets.all()).values()].map(({ name, options }): [string, z.ZodType] => [
    `data set ${name}`,
    options,
  ]),
];

/** Whole numbers that multiply neither work nor memory, however large. */
const HARMLESS =
  /(^|\.)(seed|limit|attention|discriminatorAttention|start|first|every|log|sample|checkpoint|keep|again|iterations)$/;

interface Described {
  readonly type?: string;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly anyOf?: readonly Described[];
  readonly items?: Described;
  readonly prefixItems?: readonly Described[];
  readonly additionalProperties?: Described;
}

/** Paths of whole numbers without a bound. */
function unbounded(schema: Described, path: string): string[] {
  if (schema.type === "integer")
    return (schema.maximum ?? Number.POSITIVE_INFINITY) >= Number.MAX_SAFE_INTEGER ? [path] : [];
  const inner = [...(schema.anyOf ?? []), ...(schema.prefixItems ?? [])];
  if (schema.items !== undefined) inner.push(schema.items);
  return [
    ...inner.flatMap((each) => unbounded(each, path)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => unbounded(each, `${path}.${name}`)),
  ];
}

test("every whole number that multiplies work or memory has a bound", async () => {
  const found = (await schemas()).flatMap(([name, schema]) =>
    unbounded(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Described, name),
  );
  assert.deepEqual(
    found.filter((path) => !HARMLESS.test(path)),
    [],
  );
});

test("whatever an option is given, what is wrong is told in this project's words", async () => {
  const values = ["", "x,y", -1, 0.5, 1e300, true, null, [], [""], [-1], [1, "x"], {}, { x: 1 }];
  for (const [where, schema] of await schemas())
    for (const key of Object.keys((schema as z.ZodObject).shape))
      for (const value of values)
        try {
          validate(schema, { [key]: value }, where === "configuration" ? "" : where);
        } catch (error) {
          assert.ok(error instanceof UsageError, `${where} ${key}: ${error}`);
          assert.doesNotMatch(
            error.message,
            /Invalid|[<>]=|received|Too (big|small)|nput|undefined/,
            error.message,
          );
          assert.match(
            error.message,
            /: (expected|must be) |^unknown|: unknown|: [a-z ]+ and |missing/,
            error.message,
          );
        }
});
