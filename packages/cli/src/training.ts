import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { DataContext, Run, RunDirectory } from "@gantry/gan";
import { summariseData } from "./dataSummary.js";
import { type FindingOptions, FOUND, followFindings } from "./findings.js";
import type { Output } from "./output.js";
import { type Profiling, startProfiling } from "./profiling.js";
import { describeVerdict } from "./render/findings.js";
import { count, duration, shellWord } from "./render/format.js";
import { SpeedMeter } from "./render/meter.js";
import type { Ending } from "./render/reporter.js";
import { describeEnding } from "./render/words.js";
import { Interrupted, Interruption } from "./signals.js";

/** Milliseconds after which signals and streams get a turn: training itself may never wait for anything. */
const TURN = 25;

/**
 * Trains to the end or to Ctrl-C, showing how it goes.
 * @param open builds the run, and tells where it lies as the user would name it
 * @param profiling whether to measure where the time goes
 * @param findings what is to be done about findings
 * @returns the exit status
 */
export async function trainAndShow(
  output: Output,
  open: (context: Partial<DataContext>) => Promise<Run>,
  profiling = false,
  findings: FindingOptions = {},
): Promise<number> {
  const { reporter } = output;
  let begun = false;
  let wanted = false;
  const interruption = new Interruption({
    onFirst: () => {
      reporter.note(
        begun
          ? "Stopping after this iteration, with a checkpoint. Ctrl-C again stops at once."
          : "Stopping. Ctrl-C again stops at once.",
      );
    },
    onWarning: (signal) => {
      wanted = true;
      if (begun) reporter.note(`${signal}: writing a checkpoint after this iteration, and going on.`);
    },
  });
  const takeWish = () => {
    const was = wanted;
    wanted = false;
    return was;
  };
  try {
    // Told once the run has begun: a refusal is one line.
    const notices: string[] = [];
    const context = dataProgress(output, interruption.signal);
    const run = await open({ ...context, onNotice: (message) => notices.push(message) });
    const profiler = profiling ? await startProfiling() : undefined;
    try {
      begun = true;
      for (const message of run.notes) reporter.note(message);
      for (const message of notices) reporter.warning(message);
      return await follow(output, run, interruption, takeWish, profiler, findings);
    } finally {
      profiler?.stop();
      await run.trainer.close();
    }
  } catch (error) {
    if (interruption.signal.aborted && isInterruption(error)) {
      reporter.note("Stopped before the first iteration; there is no run yet.");
      return interruption.status;
    }
    throw error;
  } finally {
    interruption.release();
  }
}

/** How long bfloat16 takes on this processor as a multiple of float32, and what is to be said of it where that is no gain. */
export async function bfloat16Gain(): Promise<{ ratio: number; line: string | undefined }> {
  const { describeBfloat16, measureBfloat16 } = await import("@gantry/gan");
  const ratio = measureBfloat16();
  return { ratio, line: describeBfloat16(ratio) };
}

/** Shows the opening of data, and what is worth knowing about it. */
export function dataProgress({ reporter }: Output, signal?: AbortSignal): Partial<DataContext> {
  return {
    onProgress: (progress) => reporter.progress(progress),
    onNotice: (message) => reporter.warning(message),
    onNote: (message) => reporter.note(message),
    ...(signal === undefined ? {} : { signal }),
  };
}

const isInterruption = (error: unknown): boolean =>
  error instanceof Interrupted || (error instanceof Error && error.cause instanceof Interrupted);

async function follow(
  output: Output,
  run: Run,
  interruption: Interruption,
  takeWish: () => boolean,
  profiler: Profiling | undefined,
  asked: FindingOptions,
): Promise<number> {
  const { reporter } = output;
  const { trainer, directory } = run;
  const { config, dataset } = trainer;
  const { path } = directory;
  const { getThreads } = await import("@gantry/torch");
  const { recipe, steps, batch, seed, device, precision } = config;
  const first = trainer.iteration;
  reporter.begin({
    run: path,
    recipe,
    data: await summariseData(dataset),
    iteration: first,
    steps,
    batch,
    seed,
    device,
    precision,
    threads: getThreads(),
    parameters: countParameters(run),
  });
  const gain = precision === "bfloat16" && device === "cpu" ? await bfloat16Gain() : undefined;
  if (gain?.line !== undefined) reporter.note(gain.line);
  const { distributed } = await import("@gantry/torch");
  if (distributed.size() > 1) {
    const unit = dataset.kind === "points" ? "points" : "images";
    reporter.note(`${distributed.size()} processes, ${batch / distributed.size()} ${unit} each.`);
  }
  const began = performance.now();
  // From the first iteration on: that one chooses kernels and fills caches, and tells nothing about the others.
  let meter: SpeedMeter | undefined;
  let turn = began;
  const findings = followFindings(output, run, asked);
  for await (const report of run.reports({
    ...findings.options,
    signal: interruption.signal,
    wantsCheckpoint: takeWish,
    onWarning: (message) => reporter.warning(message),
    onEvaluation: ({ iteration, report, chosen, isBest }) =>
      reporter.evaluated({
        iteration,
        scores: Object.fromEntries(report.scores.map(({ name, value }) => [name, value])),
        bestBy: isBest ? (chosen?.name ?? null) : null,
        seconds: report.seconds,
      }),
    onAwait: (iteration) =>
      reporter.note(`Trained; awaiting the evaluation of iteration ${count(iteration)}.`),
  })) {
    profiler?.iterationDone(report.iteration === steps);
    const speed = meter?.measure(report.iteration, report.imagesSeen);
    meter ??= new SpeedMeter(report.iteration, report.imagesSeen);
    reporter.step({
      ...report,
      iterationsPerSecond: speed?.iterations,
      imagesPerSecond: speed?.images,
      secondsLeft: speed && (steps - report.iteration) / speed.iterations,
      last: report.iteration === steps || interruption.signal.aborted,
    });
    if (performance.now() - turn > TURN) {
      await setImmediate();
      turn = performance.now();
    }
  }
  profiler?.stop();
  await profiler?.show(output, path);
  const { iteration } = trainer;
  const { missedEvaluations } = await import("@gantry/gan");
  const unjudged = interruption.signal.aborted && (await missedEvaluations(directory, iteration)).length > 0;
  const found = await findings.verdict();
  const verdict = describeVerdict(found, output.style, output.columns);
  const ending: Ending = {
    state: iteration >= steps ? "done" : "stopped",
    run: path,
    iteration,
    steps,
    imagesSeen: trainer.imagesSeen,
    seconds: (performance.now() - began) / 1000,
    checkpoint: (await directory.checkpoint(iteration)).folder,
    sample: await lastSample(directory, iteration),
    scores: await lastScores(directory, run),
    best: (await directory.best()) ?? null,
    findings: found,
    next: verdict.stands
      ? [[`gantry diagnose ${shellWord(path)}`, "the same, with pictures"]]
      : iteration < steps
        ? [resumption(path, "to the planned end")]
        : unjudged
          ? [resumption(path, "for the evaluations that are still due")]
          : suggestions(
              path,
              dataset.kind,
              iteration,
              "packing" in config.terms,
              (performance.now() - began) / (iteration - first) / 1000,
            ),
  };
  reporter.end(ending);
  if (!output.json) {
    const words = describeEnding(ending, dataset.kind, output.style, output.columns);
    // Who stopped it in the middle does not ask whether all is well.
    output.print(verdict.stands || ending.state === "done" ? `${verdict.text}\n${words}` : words);
  }
  return findings.isStopped && !interruption.signal.aborted ? FOUND : interruption.status;
}

/** Parameters of each player. */
export function countParameters({ trainer }: Pick<Run, "trainer">): Record<string, number> {
  return Object.fromEntries(
    [...trainer.game.players.values()].map(({ name, network }) => [
      name,
      network.parameters().reduce((sum, parameter) => sum + parameter.numel, 0),
    ]),
  );
}

async function lastSample(directory: RunDirectory, iteration: number): Promise<string | null> {
  const { readdir } = await import("node:fs/promises");
  const names = (await readdir(directory.samples).catch(() => [])).filter((name) => /^\d+\.png$/.test(name));
  // After resuming from an earlier checkpoint there may be pictures of what has not happened yet.
  const past = names.filter((name) => Number.parseInt(name, 10) <= iteration).sort();
  const last = past.at(-1);
  return last === undefined ? null : join(directory.samples, last);
}

async function lastScores(directory: RunDirectory, { trainer }: Run): Promise<Record<string, number>> {
  const { isPoints } = await import("@gantry/gan/data");
  const { lastPointScores } = await import("@gantry/gan/run");
  const { dataset, iteration } = trainer;
  if (!isPoints(dataset)) return {};
  const events = await directory.readEvents();
  const last = lastPointScores(events.filter((event) => Number(event.iteration) <= iteration));
  return last === undefined ? {} : { ...last.scores, modesTotal: dataset.modes.length };
}

const resumption = (path: string, purpose: string) => [`gantry resume ${shellWord(path)}`, purpose] as const;

/**
 * What to do with a run that is done. What trains goes by the run's own settings, and says how long that takes here.
 * @param isPacked whether it cannot be compared with its packed self
 * @param pace seconds of an iteration
 */
function suggestions(
  path: string,
  kind: "images" | "points",
  iteration: number,
  isPacked: boolean,
  pace: number,
): Ending["next"] {
  const run = shellWord(path);
  const longer = `gantry fork ${run} --set steps=${2 * iteration}`;
  const time = Number.isFinite(pace) ? `; about ${duration(iteration * pace)} here` : "";
  if (kind === "points")
    return [
      [`gantry sample ${run} --count 2000 --out points.png`, "new samples, over the data"],
      ...(isPacked
        ? []
        : [
            [
              `gantry train --config ${shellWord(join(path, "config.json"))} --with packing`,
              `the same with a discriminator that sees two points at once${time}`,
            ] as const,
          ]),
      [longer, `train it for twice as long${time}`],
    ];
  return [
    [`gantry sample ${run} --count 64 --out grid.png`, "new images"],
    [`gantry sample ${run} --interpolate --out walk.png`, "how images change between latents"],
    [longer, `train it for twice as long${time}`],
  ];
}
