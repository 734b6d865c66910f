// `kill -9` in the middle of evaluations: of the command, of the process that evaluates beside a training, of the training.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { encodeNpy } from "@gantry/formats";
import { Random } from "@gantry/gan/data";
import { writeDigits } from "../testing/digits.js";
import { parseLines, refuse, start, succeed, temporaryFolder } from "../testing/harness.js";

const skip = existsSync("/proc/self/stat") ? false : "looks for processes in /proc";
const cwd = temporaryFolder();
const home = join(cwd, "home");
const environment = { GANTRY_HOME: home, TORCH_HOME: cwd };
Object.assign(process.env, environment);
const real = { cwd, environment, real: true };
/** What a network has seen is kept in pieces of so many images. */
const CHUNK = 1024;
const IMAGES = 4 * CHUNK;

/** Records of one store of kept features: chunk numbers, in the order they were written. */
async function kept(folder: string, name: "features" | "logits"): Promise<number[]> {
  const text = await readFile(join(folder, `${name}.jsonl`), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1) // The last line may be under way.
    .flatMap((line) => (line === "" ? [] : [(JSON.parse(line) as { chunk: number }).chunk]));
}

async function stores(place: string): Promise<string[]> {
  const folder = join(place, "cache", "features");
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}

/** Waits for what must come to pass. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const began = performance.now(); !(await holds()); await setTimeout(10))
    if (performance.now() - began > 300_000) throw new Error(`${what} did not come about`);
}

/** Whether an evaluation of {@link IMAGES} images has kept some of what it sees: the real ones are fewer than a chunk. */
async function isLooking(): Promise<boolean> {
  for (const folder of await stores(home)) {
    const { size } = await stat(join(folder, "logits.f32")).catch(() => ({ size: 0 }));
    if (size >= CHUNK * 10 * 4 && (await kept(folder, "logits")).length > 0) return true;
  }
  return false;
}

/** Processes that evaluate beside a training. */
async function evaluators(training: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of (await readdir("/proc")).filter((each) => /^\d+$/.test(each))) {
    const command = await readFile(join("/proc", name, "cmdline"), "utf8").catch(() => "");
    const stat = await readFile(join("/proc", name, "stat"), "utf8").catch(() => "");
    const parent = Number(
      stat
        .slice(stat.lastIndexOf(")") + 1)
        .trim()
        .split(" ")[1],
    );
    if (command.includes("evaluationChild.js") && parent === training) found.push(Number(name));
  }
  return found;
}

/** Whether a process is there, and not one that has ended and that nobody has asked after. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(join("/proc", String(pid), "stat"), "utf8").catch(() => ") Z");
  return !/^\) Z/.test(stat.slice(stat.lastIndexOf(")")));
}

before(async () => {
  if (skip !== false) return;
  await writeDigits(join(cwd, "mnist"), { train: 640, t10k: 100 });
  await succeed(["train-classifier", "digits-cnn", "--data", "./mnist", "--epochs", "4", "--threads", "1"], {
    cwd,
  });
  const random = new Random(1);
  const data = Uint8Array.from({ length: IMAGES * 784 }, () => random.integer(256));
  await writeFile(join(cwd, "many.npy"), encodeNpy({ dtype: "uint8", shape: [IMAGES, 28, 28], data }));
  await cp(home, join(cwd, "other-home"), { recursive: true });
});

describe("killed in the middle of an evaluation", { skip }, () => {
  test("gantry eval goes on with what it had seen, to the same report", async () => {
    const args = ["eval", "many.npy", "--against", "./mnist", "--metrics", "fid,is:splits=2"];
    const { child, finished } = start([...args, "--out", "report.json"], real);
    await until("the first features", isLooking);
    child.kill("SIGKILL");
    assert.equal((await finished).status, null);
    assert.ok(!existsSync(join(cwd, "report.json")), "the evaluation was over before it was killed");
    const before = new Map<string, number[]>();
    for (const folder of await stores(home)) before.set(folder, await kept(folder, "logits"));

    const again = await succeed([...args, "--out", "report.json"], real);
    assert.doesNotMatch(again.stderr, /damaged|wrong/);
    for (const [folder, chunks] of before) {
      const after = await kept(folder, "logits");
      // Nothing is looked at again.
      assert.deepEqual(after.slice(0, chunks.length), chunks);
      assert.equal(new Set(after).size, after.length);
    }
    await succeed([...args, "--out", "whole.json"], {
      ...real,
      environment: { ...environment, GANTRY_HOME: join(cwd, "other-home") },
    });
    const read = async (file: string) => {
      const { created: _, seconds: __, ...report } = JSON.parse(await readFile(join(cwd, file), "utf8"));
      return report as object;
    };
    assert.deepEqual(await read("report.json"), await read("whole.json"));
  });

  const train = (out: string, steps: number, every: number, images = IMAGES) => [
    ...["train", "dcgan", "--preset", "small", "--data", "mnist/train-images-idx3-ubyte", "--batch", "8"],
    ...["--threads", "1", "--set", "net.channels=2", "--set", "samples=4", "--set", "intervals.log=5"],
    ...["--metrics", "fid,is:splits=2", "--eval-samples", String(images), "--eval-every", String(every)],
    ...["--steps", String(steps), "--set", "intervals.sample=100000", "--out", out],
  ];
  /** Begins a training, and waits until its evaluation has looked at some images. */
  const evaluating = async (args: readonly string[]) => {
    await rm(join(home, "cache", "features"), { recursive: true, force: true });
    let told = "";
    const started = start(args, {
      ...real,
      onProgress: (text) => {
        told = text;
      },
    });
    const early = started.finished.then(({ stderr }) => assert.fail(`the training is over: ${stderr}`));
    await Promise.race([until("an evaluation", isLooking), early]);
    early.catch(() => {});
    const [evaluator = 0] = await evaluators(started.child.pid ?? 0);
    assert.ok(evaluator > 0);
    return { ...started, evaluator, told: () => told };
  };
  const history = async (run: string) =>
    parseLines(await readFile(join(cwd, run, "events.jsonl"), "utf8")).map(
      ({ event = "log", iteration }) => [event, iteration] as const,
    );
  const evaluations = async (run: string) =>
    (await history(run)).filter(([event]) => event === "evaluation").map(([, iteration]) => iteration);

  test("a training whose evaluation's process is killed says so and goes on", async () => {
    const { evaluator, finished } = await evaluating(train("first", 30, 20));
    process.kill(evaluator, "SIGKILL");
    const { status, stderr, stdout } = await finished;
    assert.equal(status, 0, stderr);
    const told = stderr.match(/an evaluation failed: the evaluation's process failed: ended by SIGKILL/g);
    assert.equal(told?.length, 1, stderr);
    assert.match(stdout, /Done: 30 iterations/);
    assert.deepEqual(await evaluations("first"), [30]);
  });

  test("killed while the request is checked, before training, it is one line and no run", async () => {
    const { child, finished } = start(train("unborn", 30, 20), real);
    await until("the check", async () => {
      const [checker] = await evaluators(child.pid ?? 0);
      if (checker !== undefined) process.kill(checker, "SIGKILL");
      return checker !== undefined;
    });
    const { status, stderr } = await finished;
    assert.equal(status, 1);
    assert.match(stderr, /^Starting .*\ngantry: the evaluation's process failed: ended by SIGKILL\n$/);
    assert.ok(!existsSync(join(cwd, "unborn")));
  });

  test("a training that is killed with its evaluation is made up for by resume, without a gap", async () => {
    const args = [...train("second", 300, 100, 200), "--set", "intervals.checkpoint=150"];
    const { child, finished } = start(args, real, true);
    const pid = child.pid ?? 0;
    // The one before the first iteration only checks the request.
    const isTraining = async () => (await history("second").catch(() => [])).length > 22;
    await until("an evaluation of iteration 100", async () => {
      return (await isTraining()) && (await evaluators(pid)).length > 0;
    });
    process.kill(-pid, "SIGKILL");
    await finished;
    assert.deepEqual(await evaluations("second"), []);
    await succeed(["resume", "second"], real);
    const found = await evaluations("second");
    assert.deepEqual([found[0], found.at(-1)], [100, 300]);
    assert.equal(new Set(found).size, found.length);
    const events = await history("second");
    const at = events.findIndex(([event]) => event === "resume");
    const from = Number(events[at]?.[1]);
    const held = [
      ...events.slice(0, at).filter(([, iteration]) => Number(iteration) <= from),
      ...events.slice(at),
    ];
    assert.deepEqual(
      held.flatMap(([event, iteration]) => (event === "log" ? [iteration] : [])),
      Array.from({ length: 61 }, (_, i) => (i === 0 ? 1 : 5 * i)),
    );
  });

  test("killed while the last evaluation is awaited, a training leaves no process, and resume does that one, once", async () => {
    const { child, evaluator, finished, told } = await evaluating(train("third", 7, 10));
    await until("the end of training", async () => /awaiting the evaluation of iteration 7/.test(told()));
    child.kill("SIGKILL");
    await finished;
    await until("the end of the evaluation's process", async () => !(await isAlive(evaluator)));
    assert.deepEqual(await evaluations("third"), []);
    await succeed(["resume", "third"], real);
    assert.deepEqual(await evaluations("third"), [7]);
    const best = JSON.parse(await readFile(join(cwd, "third", "best.json"), "utf8")) as { iteration: number };
    assert.equal(best.iteration, 7);
    await refuse(["resume", "third"], 2, /its 7 iterations are done/, real);
  });
});
