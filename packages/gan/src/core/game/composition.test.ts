// The whole matrix: every method against every adversarial loss and every network family that can carry it.
// What it is made of is found through the registries: a new term, loss, recipe or family is in it by being there.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { liveTensors, type nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { Trainer } from "../../train/trainer.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { validateConfig } from "../config/config.js";
import { type Dataset, MemoryDataset, sharedBytes } from "../data/dataset.js";
import { drawMixture } from "../data/mixture.js";
import { families } from "../nets/family.js";
import { composeRecipe, recipes } from "../recipes/recipe.js";
import { terms as termRegistry } from "../terms/registry.js";
import type { Game } from "./game.js";

/** Terms by name, with options. */
type Terms = Readonly<Record<string, JsonObject>>;

/** Networks, and data that they fit. */
interface Setting {
  readonly name: string;
  readonly net: JsonObject;
  readonly data: Dataset;
  readonly conditional: boolean;
}

const ITERATIONS = 3;

/** What makes a term small; terms not named are taken with their defaults. */
const SMALL_TERMS: Terms = {
  ada: { probability: 0.5 },
  apa: { probability: 0.3 },
  lecam: { start: 0 },
  aae: { hidden: [6, 5] },
  infomax: { criticUnits: 6 },
  intervention: { k: 2, encoderSteps: 2 },
  // From 8 pixels to 32 in three iterations, so that every layer learns.
  "progressive-growing": { stable: 0, fading: 5 },
  unrolled: { steps: 1 },
};

/** What makes a family small where it has no `channels`. */
const SMALL_NETS: Readonly<Record<string, JsonObject>> = {
  mlp: {
    generatorHidden: [6, 6],
    discriminatorHidden: [6, 6],
    encoderHidden: [5],
    initialization: "default",
  },
  stylegan: { styleSize: 6, mappingLayers: 2, mixing: 0 },
};

/** What a family's layers need of a term: weights stored N(0, 1), and scaled, come to nothing where they are cut to 0.01. */
const FITTED_TERMS: Readonly<Record<string, Terms>> = { stylegan: { "weight-clipping": { limit: 0.5 } } };

/** Noise with three classes. */
function images(shape: readonly number[]): Dataset {
  const count = 16;
  const record = shape.reduce((a, b) => a * b, 1);
  const data = sharedBytes(count * record);
  for (let i = 0; i < data.length; i++) data[i] = (i * i * 31 + i * 7919) % 251;
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const items = { data, record, parts: 1, table: undefined };
  return new MemoryDataset({
    name: `noise-${shape.join("x")}`,
    kind: "images",
    shape,
    classes: ["a", "b", "c"],
    labels,
    items,
  });
}

const mode = (x: number) => ({ mean: [x, 0], std: 0.5 });
const DATA = [
  drawMixture("points", [mode(-1), mode(0), mode(1)], 16, 1),
  images([1, 28, 28]),
  images([3, 32, 32]),
];

/** Every family, small, on every data set it can carry; with labels too where it takes them. */
async function findSettings(): Promise<Setting[]> {
  const settings: Setting[] = [];
  for (const family of (await families.all()).values()) {
    const found = settings.length;
    for (const data of DATA) {
      const { kind, shape, classes } = data;
      const given = SMALL_NETS[family.name] ?? {};
      // The smallest width that the family takes.
      const widths = "channels" in family.options.shape ? [{ channels: 4 }, { channels: 8 }] : [{}];
      const options = widths
        .map((width) => ({ ...given, ...width }))
        .find((each) => {
          const parsed = family.options.safeParse(each);
          return (
            parsed.success &&
            family.check(parsed.data, { kind, shape, classes: classes?.length }) === undefined
          );
        });
      if (options === undefined) continue;
      const net = { family: family.name, prior: { size: 4 }, ...options };
      const name = `${family.name} [${shape}]`;
      settings.push({ name, net, data, conditional: false });
      if (family.conditional) settings.push({ name: `${name} conditional`, net, data, conditional: true });
    }
    assert.ok(settings.length > found, `no small data for the family ${family.name}: add some here`);
  }
  return settings;
}

const all = await termRegistry.all();
const reconstructing = new Set(
  [...(await families.all()).values()]
    .filter((each) => each.autoencoder !== undefined)
    .map(({ name }) => name),
);
const losses = [...all.values()].filter(({ kind }) => kind === "adversarial").map(({ name }) => name);
const additions = [...all.values()].filter(({ kind }) => kind !== "adversarial").map(({ name }) => name);

/** Every term that is no adversarial loss alone, none at all, and every other set of terms that a recipe has. */
async function findMethods(): Promise<Map<string, Terms>> {
  const methods = new Map<string, Terms>([["none", {}]]);
  for (const name of additions) methods.set(name, { [name]: SMALL_TERMS[name] ?? {} });
  for (const recipe of (await recipes.all()).keys()) {
    const { terms } = (await composeRecipe(recipe)) as { terms: Record<string, JsonObject> };
    const own = Object.entries(terms).filter(([name]) => additions.includes(name));
    const key =
      own
        .map(([name]) => name)
        .sort()
        .join(" + ") || "none";
    if (!methods.has(key))
      methods.set(
        key,
        Object.fromEntries(own.map(([name, options]) => [name, { ...options, ...SMALL_TERMS[name] }])),
      );
  }
  return methods;
}

const autoencoding = ["boundary-equilibrium", "energy-based"];

/** What an autoencoder does not judge: latents, labels, places of an image. */
const isNotReconstructed = (loss: string, method: Terms, { net, conditional }: Setting): boolean => {
  const terms = Object.keys(method);
  const named = "auxiliary-classifier" in method || method["multi-hinge"]?.variant === "fake-class";
  return (
    !reconstructing.has(String(net.family)) ||
    (conditional && !named) ||
    ["aae", "ali", "veegan", "infomax"].some((name) => terms.includes(name)) ||
    (loss === "boundary-equilibrium" && ["vaegan", "manifold-diffusion"].some((name) => terms.includes(name)))
  );
};

const OF_IMAGES = new Set(["rotation", "mirror", "ada", "diff-augment", "consistency"]);
/** Terms that go by the sign of D's scores, and losses that have none. */
const NEEDS_BOUNDARY = ["ada", "apa"];
const NO_BOUNDARY = new Set([
  ...[...all.values()]
    .filter((term) => term.kind === "adversarial" && !term.separable)
    .map(({ name }) => name),
  "wasserstein",
  ...autoencoding,
]);

/** What must be refused of single methods: nothing else may be. Pairs have more that makes no sense. */
const makesNoSense = (loss: string, method: Terms, setting: Setting): boolean =>
  (autoencoding.includes(loss) && isNotReconstructed(loss, method, setting)) ||
  hasNoPlace(loss, Object.keys(method), setting);

const hasNoPlace = (loss: string, terms: readonly string[], { net, data, conditional }: Setting): boolean =>
  (!all.get(loss)?.separable && terms.some((name) => all.get(name)?.parts)) ||
  // Fully connected networks have no map.
  (net.family === "mlp" && terms.includes("infomax")) ||
  (data.kind === "points" && terms.some((name) => OF_IMAGES.has(name))) ||
  (NEEDS_BOUNDARY.some((name) => terms.includes(name)) && NO_BOUNDARY.has(loss)) ||
  (terms.includes("top-k") && !all.get(loss)?.separable) ||
  (conditional && terms.includes("packing")) ||
  (terms.includes("progressive-growing") && net.family !== "stylegan") ||
  (!conditional && (terms.includes("auxiliary-classifier") || terms.includes("multi-hinge")));

const settings = await findSettings();
const methods = await findMethods();

/** Of a game's networks, by `player.parameter`. */
const named = (game: Game, keep: (player: string) => boolean = () => true): [string, nn.Parameter][] =>
  [...game.players.values()]
    .filter(({ name }) => keep(name))
    .flatMap(({ name, network }) =>
      network.namedParameters().map(([key, tensor]): [string, nn.Parameter] => [`${name}.${key}`, tensor]),
    );

/**
 * Watches every step: who updates moves, who does not stands still.
 * @returns what has moved so far
 */
function watch(game: Game): Set<string> {
  const moved = new Set<string>();
  const step = game.step.bind(game);
  game.step = (phase, options, before) => {
    const updating = new Set(phase.update.flat());
    const parameters = named(game);
    const old = parameters.map(([, tensor]) => tensor.detach().clone());
    const result = step(phase, options, before);
    noGrad(() =>
      scope(() => {
        const changes = torch
          .stack(
            parameters.map(([, tensor], i) =>
              tensor
                .detach()
                .sub(old[i] as Tensor)
                .abs()
                .sum(),
            ),
          )
          .toNumbers();
        const movers = new Set<string>();
        for (const [i, [name]] of parameters.entries()) {
          assert.ok(Number.isFinite(changes[i]), `${name} is not finite after the phase '${phase.name}'`);
          if (changes[i] === 0) continue;
          const player = name.slice(0, name.indexOf("."));
          assert.ok(updating.has(player), `${name} moved in the phase '${phase.name}', which updates others`);
          movers.add(player);
          moved.add(name);
        }
        assert.deepEqual([...movers].sort(), [...updating].sort(), `who moved in the phase '${phase.name}'`);
      }),
    );
    return result;
  };
  return moved;
}

/**
 * The last bias of a D shifts all scores alike. Under losses that look at differences of scores, or within hinge's
 * margin, its gradient is exactly 0. So is that of the biases of `pacgan` before a batch norm, which takes them away.
 */
const mayStand = (name: string, { net }: Setting) =>
  name.endsWith(".last.bias") ||
  (net.family === "pacgan" && /^(\w+\.blocks|encoder\.body)\.[123]\.0\.bias$/.test(name));

/**
 * Trains a composition.
 * @returns why it was refused, if it was
 * @throws AssertionError for anything amiss
 */
async function attempt(setting: Setting, terms: Terms, over: JsonObject = {}): Promise<string | undefined> {
  // In networks as small as these all units of a layer may be dead from the start, which other weights are not.
  let still: ReadonlySet<string> | undefined;
  // And where D's scores hardly differ at first, it takes some iterations until a gradient is more than nothing.
  for (const [seed, steps] of [ITERATIONS, ITERATIONS, ITERATIONS, 40].entries()) {
    if (still?.size === 0) break;
    const outcome = await train(setting, terms, { ...over, seed, steps });
    if (typeof outcome === "string") return outcome;
    still = new Set(outcome.filter((name) => still?.has(name) ?? true));
  }
  assert.deepEqual([...(still ?? [])], [], "parameters that never moved");
  return undefined;
}

/**
 * Trains three iterations.
 * @returns why it was refused, or the parameters that never moved
 */
async function train(setting: Setting, terms: Terms, over: JsonObject): Promise<string | string[]> {
  const { net, data, conditional } = setting;
  const fitted = FITTED_TERMS[String(net.family)] ?? {};
  let trainer: Trainer;
  try {
    const config = await validateConfig({
      recipe: "test",
      data: {},
      net,
      conditional,
      terms: Object.fromEntries(
        Object.entries(terms).map(([name, options]) => [name, { ...options, ...fitted[name] }]),
      ),
      optimizers: { default: { kind: "adam", learningRate: 1e-3 } },
      // Packs of two leave four: batch norm makes the same two numbers of any two samples.
      batch: 8,
      steps: ITERATIONS,
      threads: 1,
      intervals: { log: 1 },
      ...over,
    });
    trainer = await Trainer.create(config, undefined, data);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // A reason: a sentence on one line, which is more than a name.
    assert.match(error.message, /^[^\n]{30,}$/);
    return error.message;
  }
  try {
    const { game } = trainer;
    const moved = watch(game);
    const live: number[] = [];
    for await (const { scalars } of trainer.run()) {
      for (const [name, value] of Object.entries(scalars ?? {})) assert.ok(Number.isFinite(value), name);
      live.push(liveTensors().count);
    }
    // Fewer, when the collector found what an earlier composition lost.
    assert.ok(
      (live[2] as number) <= (live[1] as number),
      `${live[1]} tensors after 2 iterations, then ${live[2]}`,
    );
    for (const { network } of game.players.values())
      for (const [name, tensor] of network.stateDict())
        assert.ok(tensor.toNumbers().every(Number.isFinite), `${name} is not finite`);
    return named(game).flatMap(([name]) => (moved.has(name) || mayStand(name, setting) ? [] : [name]));
  } finally {
    await trainer.close();
  }
}

/** Says how many there were, and every reason for a refusal. */
function tell(outcomes: ReadonlyMap<string, string | undefined>, context: TestContext): void {
  const reasons = [...outcomes.values()].filter((reason) => reason !== undefined);
  context.diagnostic(`${outcomes.size} compositions, ${reasons.length} refused`);
  for (const reason of new Set(reasons)) context.diagnostic(`refused: ${reason}`);
}

/** Runs compositions, names the one that failed, and lists all that did. */
async function walk(
  compositions: Iterable<{ name: string; run: () => Promise<string | undefined> }>,
): Promise<Map<string, string | undefined>> {
  const outcomes = new Map<string, string | undefined>();
  const failures: string[] = [];
  for (const { name, run } of compositions) {
    try {
      outcomes.set(name, await run());
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    }
  }
  assert.deepEqual(
    failures,
    [],
    `${failures.length} of ${outcomes.size + failures.length} compositions failed`,
  );
  return outcomes;
}

/**
 * The whole takes minutes: GANTRY_MATRIX=all. Else a sample, the same each time: on points without classes everything; elsewhere
 * every method in every second setting (a family with classes follows it without), under one loss that changes from method to method and
 * from setting to setting; of pairs on points every third.
 */
const WHOLE = process.env.GANTRY_MATRIX === "all";

for (const [s, setting] of settings.entries())
  test(`${setting.name}: every method under adversarial losses`, async (context) => {
    const full = WHOLE || (setting.data.kind === "points" && !setting.conditional);
    const compositions = [...methods].flatMap(([method, terms], m) =>
      losses
        .filter((_, l) => full || ((s + m) % 2 === 0 && ((s + m) / 2) % losses.length === l))
        .map((loss) => ({
          name: `${setting.name}, ${method}, ${loss}`,
          expected: makesNoSense(loss, terms, setting),
          run: () =>
            attempt(
              setting,
              { [loss]: {}, ...terms },
              { schedule: { shareSamples: (m + losses.indexOf(loss)) % 2 === 0 } },
            ),
        })),
    );
    const outcomes = await walk(compositions);
    for (const { name, expected } of compositions)
      assert.equal(
        outcomes.get(name) !== undefined,
        expected,
        `${name}: ${outcomes.get(name) ?? "accepted"}`,
      );
    tell(outcomes, context);
  });

test("pairs of terms, in either order, on points and on images", async (context) => {
  const pairs = additions.flatMap((first) =>
    additions.filter((second) => first !== second).map((second) => [first, second] as const),
  );
  const compositions = pairs.flatMap(([first, second], p) =>
    settings
      .filter(
        ({ data, conditional }, s) =>
          !conditional &&
          (WHOLE || (data.kind === "points" ? p % 3 === s % 3 : p % (8 * settings.length) === s)),
      )
      .map((setting) => ({
        name: `${setting.name}, ${first} then ${second}`,
        run: () =>
          attempt(setting, {
            [losses[p % losses.length] as string]: {},
            [first]: SMALL_TERMS[first] ?? {},
            [second]: SMALL_TERMS[second] ?? {},
          }),
      })),
  );
  const outcomes = await walk(compositions);
  tell(outcomes, context);
});

test("every family that takes no labels says so", async () => {
  for (const { name, net, data } of settings) {
    const conditional = settings.find((each) => each.conditional && each.net.family === net.family);
    if (conditional !== undefined) continue;
    const reason = await attempt({ name, net, data, conditional: true }, { hinge: {} });
    assert.match(reason ?? "accepted", /take no labels; set conditional=false/, name);
  }
});
