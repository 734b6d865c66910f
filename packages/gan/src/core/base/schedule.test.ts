import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { parseSetting, parseTerm, parseValue } from "../base/setting.js";
import { composeConfig, resolveConfig, validateConfig } from "../config/config.js";
import {
  affine,
  type Clock,
  everyIterations,
  parseSpan,
  type Schedule,
  type Scheduled,
  shortForm,
  valueAt,
} from "./schedule.js";

const clock = (over: Partial<Clock>): Clock => ({ iteration: 0, steps: 1000, epoch: 0, images: 0, ...over });
const ramp = (over: Schedule["over"], shape: Schedule["shape"] = "linear"): Schedule => ({
  from: 3,
  to: 1,
  over,
  shape,
});

test("each shape has its closed form at both ends, in the middle and beyond, in every unit", () => {
  for (const [unit, at] of [
    ["iterations", (share: number) => clock({ iteration: 400 * share })],
    ["epochs", (share: number) => clock({ epoch: 400 * share })],
    ["images", (share: number) => clock({ images: 400 * share })],
  ] as const) {
    const over = { [unit]: 400 };
    for (const [shape, quarter, half] of [
      ["linear", 2.5, 2],
      ["cosine", 2 + Math.SQRT1_2, 2],
      ["steps", 3, 3],
    ] as const) {
      const value = ramp(over, shape);
      assert.equal(valueAt(value, at(0)), 3, `${unit} ${shape}`);
      assert.ok(Math.abs(valueAt(value, at(0.25)) - quarter) < 1e-12, `${unit} ${shape}`);
      assert.ok(Math.abs(valueAt(value, at(0.5)) - half) < 1e-12, `${unit} ${shape}`);
      assert.equal(valueAt(value, at(1)), 1, `${unit} ${shape}`);
      assert.equal(valueAt(value, at(2)), 1, `${unit} ${shape}`);
    }
  }
  assert.equal(valueAt(ramp({ training: 0.5 }), clock({ iteration: 250 })), 2);
  assert.equal(valueAt(ramp({ iterations: 0 }), clock({})), 1);
  assert.equal(valueAt(0.25, clock({ iteration: 7 })), 0.25);
});

test("steps take the values between, and come back for an iteration every so many", () => {
  const stairs: Schedule = {
    from: 0,
    to: 4,
    over: { epochs: 3 },
    shape: "steps",
    between: [
      [1, 1],
      [2.5, 2],
    ],
  };
  const seen = [0, 0.99, 1, 2.4, 2.5, 2.99, 3, 9].map((epoch) => valueAt(stairs, clock({ epoch })));
  assert.deepEqual(seen, [0, 0, 1, 1, 2, 2, 4, 4]);
  const burst: Schedule = {
    from: 100,
    to: 5,
    over: { iterations: 2 },
    shape: "steps",
    again: { iterations: 4 },
  };
  const steps = Array.from({ length: 10 }, (_, iteration) => valueAt(burst, clock({ iteration })));
  assert.deepEqual(steps, [100, 100, 5, 5, 100, 5, 5, 5, 100, 5]);
});

test("the short form says the same as JSON", () => {
  const at = (text: string) => parseValue(text, "x");
  assert.deepEqual(at("2e-4..0@100epochs"), { from: 2e-4, to: 0, over: { epochs: 100 }, shape: "linear" });
  assert.deepEqual(at("0..10@200kimg:cosine"), {
    from: 0,
    to: 10,
    over: { images: 200_000 },
    shape: "cosine",
  });
  assert.deepEqual(at(".5...1@5000:steps"), {
    from: 0.5,
    to: 0.1,
    over: { iterations: 5000 },
    shape: "steps",
  });
  assert.deepEqual(at("1..-1@training"), { from: 1, to: -1, over: { training: 1 }, shape: "linear" });
  assert.deepEqual(parseSetting("a.b=1..0@3images"), {
    a: { b: { from: 1, to: 0, over: { images: 3 }, shape: "linear" } },
  });
  assert.deepEqual(parseTerm("r1:gamma=10..0@9epochs:cosine,stream=fake").options, {
    gamma: { from: 10, to: 0, over: { epochs: 9 }, shape: "cosine" },
    stream: "fake",
  });
  for (const text of [
    "0.1..0@100epochs",
    "0..10@2000images:cosine",
    "1..2@training",
    "5..1@7iterations:steps",
    "0.5",
  ])
    assert.equal(shortForm(at(text) as Scheduled), text);
  assert.equal(at("../a@b"), "../a@b");
  for (const wrong of ["1..0@", "1..0@3years", "1..x@3", "1..0@3epochs:square", "1..@3", "1..0@-3"])
    assert.throws(
      () => at(wrong),
      (error: Error) =>
        error instanceof UsageError &&
        error.message.includes(`x: '${wrong}' is no schedule; write FROM..TO@LENGTH`),
    );
});

test("lengths are iterations for what is done every so often", () => {
  const pace = { count: 1050, batch: 100, discriminatorSteps: 2, steps: 5000 };
  assert.equal(everyIterations(7, pace), 7);
  // Ten whole batches an epoch, two of them an iteration.
  assert.equal(everyIterations({ epochs: 3 }, pace), 15);
  assert.equal(everyIterations({ images: 2000 }, pace), 10);
  assert.equal(everyIterations({ images: 1 }, pace), 1);
  assert.equal(everyIterations({ training: 0.1 }, pace), 500);
  assert.deepEqual(["10epochs", "3 images", "2kimg", "50"].map(parseSpan), [
    { epochs: 10 },
    { images: 3 },
    { images: 2000 },
    { iterations: 50 },
  ]);
  assert.deepEqual(["x", "3years", "-1", ""].map(parseSpan), [undefined, undefined, undefined, undefined]);
});

const OLDER = {
  schedule: { discriminatorSteps: 5, decay: "linear", burst: { steps: 100, first: 25, every: 500 } },
  average: { decay: 0.9, start: 30 },
  terms: {
    "non-saturating": {},
    noise: {
      term: "instance-noise",
      sigma: [
        [20, 0.25],
        [10, 0.5],
        [30, 0],
      ],
      unit: "epochs",
    },
  },
};

test("older words are read as schedules that have the same bits at every iteration", async () => {
  const { optimizers, schedule, average, terms } = await resolveConfig({
    recipe: "gan",
    settings: [OLDER as JsonObject],
  });
  const rates = optimizers.default?.learningRate as Schedule;
  const base = rates.from;
  const list = [
    [10, 0.5],
    [20, 0.25],
    [30, 0],
  ] as const;
  for (let iteration = 0; iteration < 1100; iteration++) {
    const now = clock({ iteration, epoch: iteration / 20, steps: 1100 });
    assert.equal(valueAt(rates, now), base * (1 - iteration / 1100));
    const burst = iteration < 25 || iteration % 500 === 0 ? 100 : 5;
    assert.equal(valueAt(schedule.discriminatorSteps, now), burst);
    assert.equal(1 - valueAt(average?.decay ?? 0, now), iteration < 30 ? 1 : 1 - 0.9);
    const sigma = list.findLast(([from]) => from <= Math.floor(iteration / 20))?.[1] ?? 0;
    assert.equal(valueAt(terms.noise?.sigma as Scheduled, now), sigma);
  }
  const falling = await resolveConfig({
    recipe: "gan",
    // The older form, which the types know nothing of.
    with: [{ name: "instance-noise" as string, options: { sigma: 0.4, decay: "linear" } }],
  });
  const sigma = falling.terms["instance-noise"]?.sigma as Scheduled;
  for (const iteration of [0, 1, 333, 999, 1000, 2000])
    assert.equal(valueAt(sigma, clock({ iteration })), 0.4 * Math.max(0, 1 - iteration / 1000));
});

test("one that is scaled and moved is so at every moment", () => {
  for (const shape of ["linear", "cosine", "steps"] as const)
    for (const iteration of [0, 1, 300, 999, 1000, 2000]) {
      const given = ramp({ iterations: 1000 }, shape);
      const now = clock({ iteration });
      const expected = 1 - 2 * valueAt(given, now);
      assert.ok(Math.abs(valueAt(affine(given, -2, 1), now) - expected) < 1e-14);
    }
  assert.equal(affine(0.3, -1, 1), 1 - 0.3);
});

test("what is written is of the one form, and reading it again changes nothing", async () => {
  const config = await resolveConfig({ recipe: "gan", settings: [OLDER as JsonObject] });
  assert.deepEqual(
    Object.keys(config.schedule).filter((key) => key === "decay" || key === "burst"),
    [],
  );
  assert.deepEqual(config.optimizers.default?.learningRate, {
    from: 1e-4,
    to: 0,
    over: { training: 1 },
    shape: "linear",
  });
  assert.deepEqual(config.average, {
    decay: { from: 0, to: 0.9, over: { iterations: 30 }, shape: "steps" },
    halfLife: null,
    statistics: "own",
  });
  assert.deepEqual(await validateConfig(JSON.parse(JSON.stringify(config))), config);
  const every = await resolveConfig({
    recipe: "gan",
    settings: [
      { evaluation: { every: "10epochs" }, intervals: { log: "200" }, average: { halfLife: "10kimg" } },
    ],
  });
  assert.deepEqual(
    [every.evaluation?.every, every.intervals.log, every.average?.halfLife],
    [{ epochs: 10 }, 200, { images: 10_000 }],
  );
});

test("a whole schedule takes another's place, and so does its length", async () => {
  const settings = [
    "optimizers.default.learningRate=1e-3..0@training",
    "optimizers.generator.learningRate=2e-4..1e-5@9epochs:cosine",
  ];
  const config = await resolveConfig({
    recipe: "gan",
    settings: [...settings, 'optimizers.generator.learningRate.over={"images":7}'].map(parseSetting),
  });
  assert.deepEqual(config.optimizers.generator?.learningRate, {
    from: 2e-4,
    to: 1e-5,
    over: { images: 7 },
    shape: "cosine",
  });
  assert.deepEqual(config.optimizers.default?.learningRate, {
    from: 1e-3,
    to: 0,
    over: { training: 1 },
    shape: "linear",
  });
});

test("older words that would change nothing are refused", async () => {
  const config = JSON.parse(
    JSON.stringify(await resolveConfig({ recipe: "gan", settings: [OLDER as JsonObject] })),
  );
  for (const [setting, instead] of [
    [
      "schedule.decay=none",
      /^UsageError: schedule\.decay: .* set optimizers\.default\.learningRate=2e-4 for a constant one$/,
    ],
    [
      "schedule.burst=null",
      /^UsageError: schedule\.burst: .* set schedule\.discriminatorSteps=5 for always as many$/,
    ],
  ] as const)
    await assert.rejects(composeConfig(config, { settings: [parseSetting(setting)] }), instead);
  // Of a recipe, whose words they are, they are taken out.
  const constant = await resolveConfig({ recipe: "sngan", settings: [parseSetting("schedule.decay=none")] });
  assert.equal(constant.optimizers.default?.learningRate, 2e-4);
});

test("schedules that make no sense cost one line", async () => {
  for (const [setting, message] of [
    [
      "optimizers.default.learningRate=-1",
      /learningRate: expected a number of above 0|learningRate: expected a number above 0/,
    ],
    ["optimizers.default.learningRate=-1..0@5", /learningRate.*: expected .*of at least 0/],
    ['optimizers.default.learningRate={"from":1,"to":0}', /learningRate.*: expected .* over/],
    [
      'optimizers.default.learningRate={"from":1,"to":0,"over":{"epochs":1,"images":2}}',
      /expected one length: \{ iterations: n \}/,
    ],
    [
      'optimizers.default.learningRate={"from":1,"to":0,"over":{"years":1}}',
      /learningRate\.over\.years'; known here: iterations, epochs/,
    ],
    ["optimizers.default.betas=[0.5,1..0@5]", /betas/],
    ["schedule.discriminatorSteps=5..0@9", /discriminatorSteps.*: expected .*of at least 1/],
    [
      "average.halfLife=never",
      /halfLife: 'never' is no length; write 500 \(iterations\), 10epochs, or 200kimg/,
    ],
    ["intervals.log=0", /intervals\.log: expected .*of at least 1/],
    [
      "schedule.burst.stepz=5",
      /unknown setting 'schedule\.burst\.stepz'; did you mean 'schedule\.burst\.steps'\?/,
    ],
  ] as const)
    await assert.rejects(
      async () => resolveConfig({ recipe: "gan", settings: [parseSetting(setting)] }),
      (error: Error) => {
        assert.ok(error instanceof UsageError, `${setting}: ${error}`);
        assert.match(error.message, message, setting);
        assert.doesNotMatch(error.message, /\n|Invalid|undefined/);
        return true;
      },
    );
});
