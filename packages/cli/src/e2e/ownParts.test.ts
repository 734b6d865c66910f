import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

/** A project of a user's, outside of the repository: the packages in its node_modules, nothing else. */
const cwd = temporaryFolder();
mkdirSync(join(cwd, "node_modules"));
const packages = fileURLToPath(new URL("../../../../node_modules/@gantry", import.meta.url));
symlinkSync(packages, join(cwd, "node_modules/@gantry"));

const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);

/** DRAGAN's penalty: lambda * mean (||grad_x D(x + noise)|| - 1)^2 around the data. */
const DRAGAN = `import { defineTerm, z } from "@gantry/gan";
import { askSlopes, leaf } from "@gantry/gan/terms";
import { torch } from "@gantry/torch";
import { target } from "./target.js";

export default defineTerm({
  name: "dragan",
  summary: "keeps the slope of D at 1 around the data",
  source: "Kodali et al. 2017, equation 4",
  kind: "regularizer",
  options: z.strictObject({
    weight: z.number().min(0).default(10).describe("lambda"),
    scale: z.number().positive().default(0.5).describe("of the noise, in standard deviations of the batch"),
  }),
  make({ weight, scale }) {
    let slopes: ReturnType<typeof askSlopes>;
    return {
      attach(game) {
        slopes = askSlopes(game, "discriminator", (play) => {
          const real = play.stream("real");
          const spread = real.image.square().mean().sub(real.image.mean().square()).sqrt();
          const noise = torch.rand(real.image.shape, { generator: play.random }).mul(spread).mul(scale);
          return [leaf({ ...real, image: real.image.add(noise) })];
        });
      },
      loss(player: string, play) {
        if (player !== "discriminator") return undefined;
        return slopes(play)[0]!.vectorNorm(2, [1]).sub(target).square().mean().mul(weight);
      },
    };
  },
});
`;

const THREE = [...QUICK, "--steps", "3", "--set", "intervals.checkpoint=2", "--set", "intervals.log=1"];

const configOf = (run: string) =>
  JSON.parse(readFileSync(join(cwd, run, "config.json"), "utf8")) as {
    imports?: { parts: string[]; path?: string; beside?: string; files?: Record<string, string> }[];
    config: {
      terms: Record<string, Record<string, unknown>>;
      steps: number;
      recipe: string;
      threads: number;
    };
  };

/** In a process of its own, which has imported nothing yet. */
const real = { cwd, real: true };

describe("a term in TypeScript", () => {
  const terms = () => {
    write("dragan.ts", DRAGAN);
    write("target.ts", "export const target: number = 1;\n");
  };

  test("is composed with its option, trained, recorded, and gone on with", async () => {
    terms();
    const run = ["train", "gan", "--with", "./dragan.ts:weight=2", ...THREE, "--out", "a"];
    const { stderr } = await succeed(run, real);
    assert.match(stderr, /discriminator\/dragan \d/);
    const { imports, config } = configOf("a");
    assert.deepEqual(config.terms.dragan, { weight: 2, scale: 0.5 });
    assert.deepEqual(
      imports?.map(({ parts, beside }) => [parts, beside]),
      [[["term dragan"], "../dragan.ts"]],
    );
    assert.deepEqual(Object.keys(imports?.[0]?.files ?? {}), ["dragan.ts", "target.ts"]);
    const resumed = await succeed(["resume", "a@2"], real);
    assert.match(resumed.stderr, /With term dragan of \.\/dragan\.ts, as the run was begun with/);
    await succeed(["fork", "a", "--steps", "4", "--out", "forked"], real);
    assert.deepEqual(configOf("forked").imports, imports);
  });

  test("is refused by resume once it has changed, or a file that it imports, and taken by --import", async () => {
    write("target.ts", "export const target: number = 2;\n");
    const changed =
      /a: \.\/target\.ts, which the term 'dragan' came from, is not what it was .*gantry resume a --import \.\/dragan\.ts/;
    await refuse(["resume", "a@2"], 2, changed, real);
    const { stderr } = await succeed(["resume", "a@2", "--import", "./dragan.ts"], real);
    assert.match(stderr, /term dragan: now of \.\/dragan\.ts, other than before/);
    // What it was gone on with is what the run says from now on.
    assert.notDeepEqual(configOf("a").imports, configOf("forked").imports);
    await succeed(["probe", "a", "--iterations", "1"], real);
  });

  test("is not needed by whoever only looks, and never run by them", async () => {
    write("dragan.ts", 'throw new Error("run unasked");\n');
    const { stdout } = await succeed(["sample", "a", "--out", "a.npy"], { cwd });
    assert.match(stdout, /64 points of a at iteration 3/);
    rmSync(join(cwd, "dragan.ts"));
    await succeed(["sample", "a", "--out", "a.png"], { cwd });
    await succeed(["eval", "a", "--samples", "50"], { cwd });
    const compared = await succeed(["compare", "a", "forked"], { cwd });
    assert.match(compared.stdout, /of \d|3 of 3/);
    await refuse(["resume", "a@2"], 2, /\.\/dragan\.ts, which .* is not there any more; .*--import FILE/, {
      cwd,
    });
    // Of another composition it is told by its name and options.
    await succeed(["train", "gan", ...THREE, "--out", "plain"], { cwd });
    const { stdout: differences } = await succeed(["compare", "a", "plain"], { cwd });
    assert.match(differences, /^terms\.dragan\S* +/m);
  });

  test("is told of, and mistakes are one line each", async () => {
    terms();
    const list = await succeed(["terms", "--import", "./dragan.ts"], { cwd });
    assert.match(list.stdout, /^ {2}dragan /m);
    const shown = await succeed(["terms", "show", "./dragan.ts"], { cwd });
    assert.match(shown.stdout, /^ {2}weight +lambda \(number, at least 0; default 10\)$/m);
    const train = (word: string) => ["train", "gan", "--with", word, ...THREE, "--out", "none"];
    await refuse(train("./gone.ts"), 2, /^gantry: \.\/gone\.ts: no such file/, { cwd });
    await refuse(train("./dragan.ts:wieght=1"), 2, /did you mean 'terms\.dragan\.weight'/, { cwd });
    write("broken.ts", "export default = 1;\n");
    await refuse(train("./broken.ts"), 1, /\.\/broken\.ts: cannot be loaded: /, real);
    write("taken.ts", DRAGAN.replace('"dragan"', '"r1"'));
    await refuse(train("./taken.ts"), 2, /\.\/taken\.ts: the name of the term 'r1' is taken/, { cwd });
    await refuse(["terms", "--import", "gantry-none"], 2, /gantry-none: no file and no installed package/, {
      cwd,
    });
  });
});

test("a data set, a recipe and a metric of one file each; evaluations beside the training too", async () => {
  const names = ["own-points", "own-gan", "own-distance"];
  for (const [i, kind] of ["dataset", "recipe", "metric"].entries())
    await succeed(["new", kind, names[i]!], { cwd });
  const imports = names.flatMap((name) => ["--import", `./${name}.ts`]);
  const evaluation = ["--eval-every", "3", "--metrics", "own-distance:power=1", "--eval-samples", "50"];
  const words = [
    "train",
    "own-gan",
    "--data",
    "own-points",
    ...imports,
    ...THREE,
    ...evaluation,
    "--out",
    "own",
  ];
  const { stdout } = await succeed(words, real);
  assert.match(stdout, /own-distance/);
  assert.deepEqual(
    configOf("own")
      .imports?.map(({ parts }) => parts)
      .sort(),
    [["data set own-points"], ["metric own-distance"], ["recipe own-gan"]],
  );
  await succeed(["resume", "own@2"], real);
  const needs = /drawn over the data set 'own-points', .*--import \.\/own-points\.ts/;
  await refuse(["sample", "own", "--out", "own.png"], 2, needs, { cwd });
  await succeed(["sample", "own", "--out", "own.png", "--import", "./own-points.ts"], { cwd });
  const own = [
    "eval",
    "own",
    "--samples",
    "50",
    "--metrics",
    "own-distance",
    "--import",
    "./own-distance.ts",
  ];
  assert.match((await succeed(own, { cwd })).stdout, /^own-distance +\d/m);
  const { stdout: data } = await succeed(["data", "--import", "./own-points.ts"], { cwd });
  assert.match(data, /^ {2}own-points +2-D points around means on a spiral\n +computed$/m);
  const show = ["recipes", "show", "own-gan", "--import", "./own-gan.ts"];
  assert.match((await succeed(show, { cwd })).stdout, /"sides": "one"/);
});

test("networks of a user's own: sample says that it needs them", async () => {
  await succeed(["new", "network", "own-net"], { cwd });
  const train = ["train", "gan", "--set", "net.family=own-net", "--import", "./own-net.ts", "--steps", "2"];
  await succeed([...train, "--set", "data.count=500", "--set", "samples=4", "--out", "net"], {
    cwd,
    real: true,
  });
  await refuse(
    ["sample", "net", "--out", "net.png"],
    2,
    /its generator is of the family 'own-net', .*--import \.\/own-net\.ts/,
    { cwd, real: true },
  );
  await succeed(["sample", "net", "--out", "net.png", "--import", "./own-net.ts"], { cwd });
});

test("a project's gantry.config.ts: imports, and defaults that the command line goes before", async () => {
  const project = join(cwd, "project");
  mkdirSync(project);
  symlinkSync(join(cwd, "node_modules"), join(project, "node_modules"));
  const options = { cwd: project, real: true };
  writeFileSync(join(project, "dragan.ts"), DRAGAN);
  writeFileSync(join(project, "target.ts"), "export const target = 1;\n");
  writeFileSync(
    join(project, "gantry.config.ts"),
    `import { defineConfig } from "@gantry/gan";
     export default defineConfig({
       imports: ["./dragan.ts"],
       train: { out: "kept", threads: 2, steps: 5, seed: 3, settings: { intervals: { log: 1 }, data: { count: 500 } } },
     });`,
  );
  await succeed(["train", "gan", "--preset", "small", "--with", "dragan", "--steps", "2"], options);
  assert.deepEqual(readdirSync(join(project, "kept")), ["gan+dragan-ring-3"]);
  const { config } = configOf("project/kept/gan+dragan-ring-3");
  assert.deepEqual([config.steps, config.threads], [2, 2]);
  assert.match((await succeed(["terms"], options)).stdout, /^ {2}dragan /m);

  writeFileSync(join(project, "gantry.config.json"), "{}");
  await refuse(["terms"], 2, /there are gantry\.config\.json and gantry\.config\.ts here; keep one/, options);
  rmSync(join(project, "gantry.config.ts"));
  writeFileSync(join(project, "gantry.config.json"), '{ "train": { "stepz": 1 } }');
  await refuse(["terms"], 2, /unknown setting 'gantry\.config\.json\.train\.stepz'; did you mean/, options);
});

test("what gantry new writes passes its own test, as written", async () => {
  const folder = join(cwd, "fresh");
  mkdirSync(folder);
  symlinkSync(join(cwd, "node_modules"), join(folder, "node_modules"));
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const lines: string[] = [];
  for (const kind of ["term", "recipe", "dataset", "metric", "network"]) {
    const { stdout } = await succeed(["new", kind, `first-${kind}`, "--json"], { cwd: folder });
    const { next } = JSON.parse(stdout) as { next: string[] };
    lines.push(next[0]!);
  }
  // One line for each; all in one process of the runner here.
  const [, ...words] = lines[0]!.split(" ");
  const tests = lines.map((line) => line.split(" ").at(-1)!);
  assert.match(lines[0]!, /^node .*--test first-term\.test\.ts$/);
  const told = await promisify(execFile)(process.execPath, [...words.slice(0, -1), ...tests], {
    cwd: folder,
    env,
  });
  assert.match(told.stdout, /pass 7$/m);
  assert.match(told.stdout, /fail 0$/m);
  await refuse(["new", "term", "first-term"], 2, /first-term\.ts is there already/, { cwd: folder });
  await refuse(["new", "term", "r1"], 2, /Gantry has a term 'r1' already/, { cwd: folder });
  await refuse(["new", "term", "A b"], 2, /'A b' is no name/, { cwd: folder });
  await refuse(["new", "thing", "x"], 2, /'thing' is no kind of part; there are term,/, { cwd: folder });
});
