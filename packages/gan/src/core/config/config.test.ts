import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../base/errors.js";
import { type Json, type JsonObject, merge } from "../base/json.js";
import { parseSetting, parseTerm, parseValue } from "../base/setting.js";
import { composeRecipe, recipes } from "../recipes/recipe.js";
import { composeConfig, resolveConfig, validateConfig } from "./config.js";

const key = fc.constantFrom("a", "b", "kind", "__proto__", "constructor");
/** JSON with few distinct keys, so that two of them meet; nulls only where asked for. */
const objects = (nulls: boolean): fc.Arbitrary<JsonObject> =>
  fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
    object: fc
      .array(fc.tuple(key, tie("value")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Json>(1, "x", true, [], ...(nulls ? [null] : [])),
      tie("object"),
    ),
  })).object;
const base = objects(false);
const over = objects(true);

function holdsNull(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === "object" && !Array.isArray(value) && Object.values(value).some(holdsNull);
}

test("merge: nothing changes nothing, twice is once, no null stays, arguments are left alone", () => {
  fc.assert(
    fc.property(base, over, (a, b) => {
      const before = JSON.stringify([a, b]);
      assert.deepEqual(merge(a, {}), a);
      const once = merge(a, b);
      assert.equal(holdsNull(once), false);
      assert.deepEqual(merge(once, once), once);
      assert.equal(JSON.stringify([a, b]), before);
      assert.equal(Object.getPrototypeOf(once), Object.prototype);
      for (const [name, value] of Object.entries(b)) {
        if (value === null) assert.equal(Object.hasOwn(once, name), false);
        else if (typeof value !== "object" || Array.isArray(value)) assert.deepEqual(once[name], value);
      }
    }),
  );
});

test("merge: an object of another kind replaces; of the same, or of no kind, it merges", () => {
  const adam = { kind: "adam", betas: [0, 1], rate: 1 };
  assert.deepEqual(merge({ o: adam }, { o: { kind: "sgd", rate: 2 } }), { o: { kind: "sgd", rate: 2 } });
  assert.deepEqual(merge({ o: adam }, { o: { kind: "adam", rate: 2 } }), { o: { ...adam, rate: 2 } });
  assert.deepEqual(merge({ o: adam }, { o: { rate: 2 } }), { o: { ...adam, rate: 2 } });
  assert.deepEqual(merge({}, { o: { gone: null, rate: 2 } }), { o: { rate: 2 } });
});

test("a setting's path and value come back out", () => {
  const word = fc.stringMatching(/^[A-Za-z_-][A-Za-z0-9_-]{0,7}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.jsonValue(), (path, value) => {
      let found: unknown = parseSetting(`${path.join(".")}=${JSON.stringify(value)}`);
      for (const part of path) found = (found as Record<string, unknown>)[part];
      // -0 is written as 0.
      assert.equal(JSON.stringify(found), JSON.stringify(value));
    }),
  );
  assert.deepEqual(parseSetting("a.b=c=d"), { a: { b: "c=d" } });
  assert.equal(parseValue("1e-4"), 1e-4);
  for (const [text, value] of [
    [".0002", 0.0002],
    ["+1e-4", 1e-4],
    ["1e3", 1000],
    ["0.", 0],
    ["-.5", -0.5],
    ["007", 7],
    ["5.E+2", 500],
    ["[0.,.9]", [0, 0.9]],
    ['{"a": +.5, "b": [1., "1."]}', { a: 0.5, b: [1, "1."] }],
    ["0x10", "0x10"],
    ["1_000", "1_000"],
    ["none", "none"],
    ["[1", "[1"],
  ] as const)
    assert.deepEqual(parseValue(text), value, text);
  for (const [text, message] of [
    ["None", /'None' is no value here; write null/],
    ["True", /write true/],
    ["FALSE", /write false/],
    ["nan", /a number is needed/],
    ["-inf", /a number is needed/],
    ["0,0.9", /write a list as \[0,0\.9\]/],
    ["(0.5, .999)", /write a list as \[0\.5,\.999\]/],
    ["0,5", /write a list as \[0,5\], and decimals with a point/],
  ] as const)
    assert.throws(() => parseValue(text), { name: "UsageError", message }, text);
  assert.throws(
    () => parseTerm("x:betas=0,0.9"),
    /'0\.9' is not an option; .*a list is written key=\[0,0\.9\]/,
  );
  assert.equal(parseValue("linear"), "linear");
  assert.equal(parseValue(""), "");
  for (const wrong of ["steps", "=5", "a.=5", ".a=5", "a..b=5", ""])
    assert.throws(() => parseSetting(wrong), /is not a setting; write path=value/);
});

test("a term's options come back out, lists and quoted commas too", () => {
  const word = fc.stringMatching(/^[a-z][a-z-]{0,7}$/);
  const value = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constantFrom("l1", "a:b", "x=y"),
    fc.array(fc.integer()),
  );
  fc.assert(
    fc.property(word, fc.dictionary(word, value, { minKeys: 1 }), (name, options) => {
      const parts = Object.entries(options).map(
        ([option, each]) => `${option}=${typeof each === "string" ? each : JSON.stringify(each)}`,
      );
      assert.deepEqual(parseTerm(`${name}:${parts.join(",")}`), { name, options: { ...options } });
    }),
  );
  assert.deepEqual(parseTerm("infomax"), { name: "infomax", options: {} });
  assert.deepEqual(parseTerm("r2=r1:a=x=y"), { name: "r2", term: "r1", options: { a: "x=y" } });
  assert.deepEqual(parseTerm("r2=r1"), { name: "r2", term: "r1", options: {} });
  assert.deepEqual(parseTerm("r1=r1"), { name: "r1", options: {} });
  for (const wrong of ["=r1", "r2=", "r2=:a=1"])
    assert.throws(() => parseTerm(wrong), /is not a term; write/);
  for (const wrong of ["r/2=r1", "a.b=r1", "__proto__=r1"])
    assert.throws(() => parseTerm(wrong), /is no name for a term; write letters, digits/);
  assert.deepEqual(parseTerm('x:a="1,2",b={"c":[1,2]},d=3'), {
    name: "x",
    options: { a: "1,2", b: { c: [1, 2] }, d: 3 },
  });
  // A quote behind a backslash ends nothing.
  assert.deepEqual(parseTerm('x:a="1\\",2",d=3').options, { a: '1",2', d: 3 });
  for (const wrong of ["x:a", "x:", "x:=1", "x:a=1,", ":a=1"])
    assert.throws(() => parseTerm(wrong), /is not an option; write|is not a term; write/);
});

/** The message of the error that settings on `gan` give; one line, always. */
async function refusal(...settings: string[]): Promise<string> {
  const error = await resolveConfig({ recipe: "gan", settings: settings.map(parseSetting) }).then(
    () => assert.fail(`${settings.join(" ")} was accepted`),
    (reason: unknown) => reason as Error,
  );
  assert.ok(error instanceof UsageError, `${error.stack}`);
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
}

test("an unknown key names the nearest, at every level", async () => {
  for (const [setting, instead] of [
    ["bath=3", "batch"],
    ["conditinal=true", "conditional"],
    ["schedule.discriminatorStep=5", "schedule.discriminatorSteps"],
    ["schedule.burst.stepz=5", "schedule.burst.steps"],
    ["average.decy=0.9", "average.decay"],
    ["intervals.lgo=3", "intervals.log"],
    ["optimizers.default.learningrate=1", "optimizers.default.learningRate"],
    ["optimizers.generator.betaz=[0,0.9]", "optimizers.generator.betas"],
    ["net.generatorHiden=[3]", "net.generatorHidden"],
    ["net.prior.sise=3", "net.prior.size"],
    ["terms.non-saturating.wieght=3", "terms.non-saturating.weight"],
  ] as const) {
    const typed = setting.slice(0, setting.indexOf("="));
    assert.equal(await refusal(setting), `unknown setting '${typed}'; did you mean '${instead}'?`);
  }
  assert.match(
    await refusal("schedule.generatorSteps=1e9"),
    /^schedule\.generatorSteps: expected a number of at most 1000; it is 1000000000$/,
  );
  assert.match(await refusal("recipe=dcgan"), /^recipe: it is "gan", .* by its name: gantry train dcgan$/);
  assert.match(await refusal("zebra=3"), /^unknown setting 'zebra'; known here: recipe, data, net, /);
  assert.match(await refusal("__proto__.x=1"), /^unknown setting '__proto__'; known here/);
  assert.match(
    await refusal("terms.hinje.weight=1"),
    /^unknown term 'hinje'; did you mean 'hinge'\? Known: /,
  );
  assert.match(
    await refusal("net.family=mpl"),
    /^unknown network family 'mpl'; did you mean 'mlp'\? Known: /,
  );
  // Only the chosen kind's keys count.
  assert.match(await refusal("optimizers.default.momentun=1"), /known here: kind, learningRate, betas, eps/);
  await assert.rejects(composeRecipe("gna"), /unknown recipe 'gna'; did you mean 'gan'\?/);
  await assert.rejects(composeRecipe("gan", "tiny"), /the recipe 'gan' has no preset 'tiny'/);
});

test("a wrong type or value says where, what was expected, and what it is", async () => {
  for (const [setting, message] of [
    ["steps=many", 'steps: expected a number; it is "many"'],
    ["steps=1.5", "steps: expected a whole number; it is 1.5"],
    ["steps=1e999", "steps: expected a number; it is Infinity"],
    ["steps=0", "steps: expected a number of at least 1; it is 0"],
    ["batch=[1]", "batch: expected a number; it is [1]"],
    ["conditional=1", "conditional: expected true or false; it is 1"],
    ["net=3", "net: expected an object; it is 3"],
    ["terms=[1]", "terms: expected an object; it is [1]"],
    ["optimizers.default=adam", 'optimizers.default: expected an object; it is "adam"'],
    ["optimizers.default.betas=0.5", "optimizers.default.betas: expected a list; it is 0.5"],
    [
      "optimizers.default.kind=adm",
      'optimizers.default.kind: expected "adam" or "sgd" or "rmsprop"; it is "adm"; did you mean "adam"?',
    ],
    [
      "precision=bfloat",
      'precision: expected "float32" or "bfloat16"; it is "bfloat"; did you mean "bfloat16"?',
    ],
    ["schedule.decay=cosine", 'schedule.decay: expected "none" or "linear"; it is "cosine"'],
    ["device=tpu", 'device: must be cpu, cuda, cuda:N or mps; it is "tpu"'],
    ["net.generatorHidden=[0]", "net.generatorHidden.0: expected a number of at least 1; it is 0"],
    [
      "net.prior.distribution=gauss",
      'net.prior.distribution: expected "normal" or "uniform" or "unit"; it is "gauss"',
    ],
    ["terms.hinge=3", "terms.hinge: expected an object; it is 3"],
    ["schedule.burst.steps=5", "schedule.burst.first: expected a number; it is missing"],
  ] as const)
    assert.equal(await refusal(setting), message);
});

test("null takes away; an optimizer of another kind keeps nothing of the old one, in any order of writing", async () => {
  const settings = ["optimizers.default.learningRate=0.5", "optimizers.default.kind=sgd", "average={}"];
  for (const order of [settings, [...settings].reverse()]) {
    const config = await resolveConfig({ recipe: "gan", settings: order.map(parseSetting) });
    assert.deepEqual(config.optimizers.default, {
      kind: "sgd",
      learningRate: 0.5,
      momentum: 0,
      weightDecay: 0,
    });
    assert.deepEqual(config.average, { decay: 0.999, halfLife: null, statistics: "own" });
  }
  const without = await resolveConfig({
    recipe: "gan",
    settings: ["average={}", "average=null"].map(parseSetting),
  });
  assert.equal(without.average, null);
});

test("another network family keeps what it has too, and none of the other's options; what is asked for counts", async () => {
  for (const recipe of (await recipes.all()).keys())
    for (const family of ["dcgan", "resnet", "mlp"]) {
      const { net } = await resolveConfig({ recipe, settings: [{ net: { family } }] });
      assert.equal(net.family, family);
    }
  const of = (settings: string[]) =>
    resolveConfig({ recipe: "sngan", preset: "small", settings: settings.map(parseSetting) });
  const [own, other] = [await of([]), await of(["net.family=dcgan", "net.encoderChannels=8"])];
  const net = other.net as typeof other.net & { channels: number; encoderChannels: number };
  assert.equal(net.channels, (own.net as typeof net).channels);
  assert.equal(net.encoderChannels, 8);
  assert.deepEqual(net.prior, own.net.prior);
  assert.match(await refusal("net.family=dcgn"), /did you mean 'dcgan'/);
  assert.match(await refusal("net.family=mlp", "net.channels=8"), /net\.channels/);
});

test("a player's optimizer is laid upon the default one", async () => {
  const config = await resolveConfig({
    recipe: "gan",
    settings: ["optimizers.discriminator.learningRate=4e-4", "optimizers.generator.kind=sgd"].map(
      parseSetting,
    ),
  });
  const { default: common, discriminator, generator } = config.optimizers;
  assert.deepEqual(discriminator, { ...common, learningRate: 4e-4 });
  assert.deepEqual(generator, { kind: "sgd", learningRate: 0.01, momentum: 0, weightDecay: 0 });
});

test("--with adds a term; an adversarial one takes the place of the recipe's", async () => {
  const config = await resolveConfig({
    recipe: "gan",
    preset: "small",
    with: [parseTerm("hinge:weight=2"), parseTerm("r1:gamma=1")],
  });
  assert.deepEqual(Object.keys(config.terms), ["hinge", "r1"]);
  assert.equal(config.terms.hinge?.weight, 2);
  assert.equal(config.terms.r1?.gamma, 1);
  const plain = await resolveConfig({ recipe: "gan" });
  assert.notDeepEqual(config.net, plain.net, "the preset counts");
  await assert.rejects(resolveConfig({ recipe: "gan", with: [parseTerm("hing")] }), /did you mean 'hinge'/);
});

test("a term is composed twice under another name, whose options are settings of its own", async () => {
  const add = (terms: string[], ...settings: string[]) =>
    resolveConfig({
      recipe: "gan",
      with: terms.map(parseTerm),
      settings: settings.map(parseSetting),
      strict: true,
    });
  const { terms } = await add(["r1", "r2=r1:stream=fake"], "terms.r2.gamma=3");
  const { r1 } = terms;
  assert.deepEqual(terms.r2, { ...r1, term: "r1", stream: "fake", gamma: 3 });
  // Of what is there under a name of its own, --with sets options, as of any other term.
  const again = await composeConfig({ ...(await add(["r2=r1:stream=fake"])) } as JsonObject, {
    with: [parseTerm("r2:gamma=5")],
  });
  assert.deepEqual(again.terms.r2, { ...r1, term: "r1", stream: "fake", gamma: 5 });
  for (const [taken, message] of [
    [["r1", "r2=r1", "r2=r1:stream=fake"], /r2 is added twice/],
    [["r1", "hinge=r1"], /^UsageError: --with hinge=r1: the name 'hinge' is taken, it is another term's own/],
    [
      ["r1", "non-saturating=r1"],
      /the name 'non-saturating' is taken, the composition has one already; give/,
    ],
    [["r2=r3"], /unknown term 'r3'/],
    [["a=hinge", "b=minimax"], /a and b are adversarial losses/],
  ] as const)
    await assert.rejects(add([...taken]), message);
  assert.deepEqual(Object.keys((await add(["other=hinge"])).terms), ["other"]);
});

test("a resolved configuration resolves to itself, through JSON too", async () => {
  for (const recipe of ["gan", "wgan", "reg-gan"]) {
    const config = await resolveConfig({ recipe });
    assert.deepEqual(await validateConfig(config), config);
    assert.deepEqual(await validateConfig(JSON.parse(JSON.stringify(config))), config);
  }
});

test("what would silently take the place of something else is refused", async () => {
  const add = (...terms: string[]) => resolveConfig({ recipe: "gan", with: terms.map(parseTerm) });
  await assert.rejects(
    add("r1", "r1:stream=fake"),
    /^UsageError: r1 is added twice, .*add it once, with all/,
  );
  await assert.rejects(add("hinge", "minimax"), /hinge and minimax are adversarial losses, .*add one$/);
  assert.throws(() => parseTerm("r1:gamma=1,gamma=2"), /r1: gamma is given twice/);
  assert.deepEqual(Object.keys((await add("hinge", "r1")).terms), ["hinge", "r1"]);
  const set = (...texts: string[]) =>
    resolveConfig({ recipe: "gan", settings: texts.map(parseSetting), strict: true });
  await assert.rejects(set("batch=4", "batch=5"), /batch is set twice, to 4 and to 5; set it once/);
  await assert.rejects(
    set("optimizers.default.betas=[0,0.9]", 'optimizers={"default":{"betas":[0.5,0.9]}}'),
    /optimizers\.default\.betas is set twice/,
  );
  await assert.rejects(
    set("average.decay=0.9", "average=null"),
    /average is set as a whole, and average\.decay in it/,
  );
  await assert.rejects(
    set('net.prior="x"', "net.prior.size=2"),
    /net\.prior is set as a whole, and net\.prior\.size/,
  );
  assert.equal((await set("batch=4", "batch=4", "seed=2")).batch, 4);
  assert.deepEqual((await set("data=null", "data.name=grid")).data.name, "grid");
  await assert.rejects(
    set("terms.r1.gamma=3"),
    /terms\.r1\.gamma: the composition has no term 'r1', only non-saturating; add it by --with r1:gamma=3$/,
  );
  assert.equal((await set("terms.non-saturating.weight=3")).terms["non-saturating"]?.weight, 3);
  // A second instance of one term has a name of its own.
  const twice = await set('terms.second={"term":"r1","stream":"fake"}');
  assert.deepEqual(Object.keys(twice.terms), ["non-saturating", "second"]);
});
