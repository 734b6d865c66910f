import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { resolveConfig } from "./config.js";

/** Compiles only where the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(yes: Same<A, B>) => assert.ok(yes);

test("options of terms that are added by name have their types", async () => {
  const config = await resolveConfig({
    recipe: "gan",
    with: [
      { name: "r1", options: { gamma: 2 } },
      { name: "gradient-penalty", options: { sides: "one" } },
    ],
    set: {
      "terms.r1.gamma": 3,
      steps: 7,
      "schedule.shareSamples": true,
      "net.prior.size": 5,
      "data.radius": 3,
    },
  });
  const { gamma } = config.terms.r1;
  // A number, or a schedule of one.
  same<Exclude<typeof gamma, object>, number>(true);
  const { sides } = config.terms["gradient-penalty"];
  same<typeof sides, "one" | "two">(true);
  assert.deepEqual([gamma, sides, config.steps, config.schedule.shareSamples], [3, "one", 7, true]);
  assert.equal((config.net.prior as { size: number }).size, 5);
  assert.equal((config.data as { radius?: number }).radius, 3);
  const optimizers = {
    "optimizers.default.learningRate": 1e-3,
    "optimizers.generator.betas": [0, 0.9],
  } as const;
  const other = await resolveConfig({
    recipe: "gan",
    set: { ...optimizers, "optimizers.generator.betas": [0, 0.9] },
  });
  assert.equal(other.optimizers.default?.learningRate, 1e-3);
});

test("what is mistyped does not compile, and is refused", async () => {
  const refused = (given: Promise<unknown>) => assert.rejects(given, { name: "UsageError" });
  // @ts-expect-error: the option is called gamma
  await refused(resolveConfig({ recipe: "gan", with: [{ name: "r1", options: { gama: 2 } }] }));
  // @ts-expect-error: a number
  await refused(resolveConfig({ recipe: "gan", with: [{ name: "r1", options: { gamma: "2" } }] }));
  // @ts-expect-error: two or one
  await refused(resolveConfig({ recipe: "wgan-gp", set: { "terms.gradient-penalty.sides": "three" } }));
  // @ts-expect-error: there is no such setting
  await refused(resolveConfig({ recipe: "gan", set: { "schedule.discriminatorStep": 5 } }));
  // @ts-expect-error: a whole number or null
  await refused(resolveConfig({ recipe: "gan", set: { "schedule.generatorBatch": "all" } }));
  // @ts-expect-error: no optimizer has one
  await refused(resolveConfig({ recipe: "gan", set: { "optimizers.default.lr": 1 } }));
});

test("the list of what is known is up to date", async () => {
  const script = new URL("../../../../../scripts/known.mjs", import.meta.url);
  const { known, target } = (await import(script.href)) as { known(): string; target: string };
  assert.equal(readFileSync(target, "utf8"), known(), "run npm run build");
});
