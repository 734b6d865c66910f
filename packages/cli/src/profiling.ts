import { join } from "node:path";
import type { TraceEvent } from "@gantry/formats";
import type { Profile, SpanKind } from "@gantry/torch";
import type { Output } from "./output.js";
import { bytes, count } from "./render/format.js";
import { tableBlocks } from "./render/table.js";

/** The file within a run directory. */
const TRACE = "trace.json";
/** Operators in the table; the rest is summed up. */
const SHOWN = 15;

/** A training being measured. */
export interface Profiling {
  /** @param last whether no other follows */
  iterationDone(last: boolean): void;
  /** Ends the measuring. */
  stop(): void;
  /** Writes the trace into the run, and prints where the time went. */
  show(output: Output, run: string): Promise<void>;
}

/** What takes up time: milliseconds of an iteration, on the average. */
export interface ProfileRow {
  readonly name: string;
  /** Times an iteration. */
  readonly calls: number;
  readonly milliseconds: number;
}

/** Where the time of an iteration went, in milliseconds, on the average. */
export interface ProfileReport {
  /** Iterations measured: all but the first, which also chooses kernels and fills caches, where there are more. */
  readonly iterations: number;
  readonly milliseconds: number;
  /** In calls into LibTorch. */
  readonly libtorch: number;
  readonly waitingForData: number;
  /** All else: TypeScript, and the measuring. */
  readonly host: number;
  /** Of several processes, what an iteration's sums over them take: with the waiting for the slowest. Null with one process. */
  readonly communication: {
    readonly milliseconds: number;
    readonly messages: number;
    /** Of what is added up. */
    readonly bytes: number;
  } | null;
  readonly phases: readonly ProfileRow[];
  /** What all phases' steps are made of. */
  readonly parts: readonly ProfileRow[];
  readonly terms: readonly ProfileRow[];
  readonly operators: readonly ProfileRow[];
}

export async function startProfiling(): Promise<Profiling> {
  const { distributed, Profile, version } = await import("@gantry/torch");
  const profile = new Profile();
  let begun = false;
  let [before, after] = [distributed.traffic(), distributed.traffic()];
  return {
    iterationDone(last) {
      if (!begun && !last) {
        profile.forgetSums();
        before = distributed.traffic();
      }
      after = distributed.traffic();
      begun = true;
    },
    stop: () => profile.stop(),
    async show(output, run) {
      const { writeTrace } = await import("@gantry/formats");
      const trace = join(run, TRACE);
      await writeTrace(trace, eventsOf(profile), "gantry train", { libtorch: version(), lost: profile.lost });
      const traffic = { messages: after.messages - before.messages, bytes: after.bytes - before.bytes };
      const report = summarise(profile, distributed.size() > 1 ? traffic : undefined);
      if (output.json) return output.printJson({ event: "profile", trace, ...report });
      if (report.iterations > 0) output.print(`${describe(report, output)}\n`);
      const lost = profile.lost === 0 ? "" : `; ${count(profile.lost)} later spans were too many to keep`;
      output.print(`trace: ${trace} (for chrome://tracing or ui.perfetto.dev${lost})\n`);
    },
  };
}

const TRACKS: Readonly<Record<SpanKind, string>> = {
  phase: "training",
  part: "training",
  term: "training",
  operator: "training",
  data: "training",
  files: "files",
};

function* eventsOf(profile: Profile): Generator<TraceEvent, void, void> {
  for (const { kind, name, start, duration } of profile.spans())
    yield { name, category: kind, track: TRACKS[kind], start, duration };
}

/** What waits for other processes: a part of a step, and an operator. */
const SUMS = ["all-reduce", "sum over processes"];

function summarise(profile: Profile, traffic?: { messages: number; bytes: number }): ProfileReport {
  const { count: iterations, seconds } = profile.frames;
  const each = (value: number) => (1000 * value) / Math.max(iterations, 1);
  const sums = profile.sums();
  const rows = (wanted: SpanKind) =>
    sums
      .filter(({ kind }) => kind === wanted)
      .map(({ name, count, seconds }) => ({
        name,
        calls: count / Math.max(iterations, 1),
        milliseconds: each(seconds),
      }));
  const total = (of: readonly ProfileRow[]) => of.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const operators = rows("operator");
  const parts = rows("part");
  const [milliseconds, waitingForData] = [each(seconds), total(rows("data"))];
  const communication = total([...parts, ...operators].filter(({ name }) => SUMS.includes(name)));
  const libtorch = total(operators.filter(({ name }) => !SUMS.includes(name)));
  return {
    iterations,
    milliseconds,
    libtorch,
    waitingForData,
    host: milliseconds - libtorch - waitingForData - communication,
    communication:
      traffic === undefined
        ? null
        : {
            milliseconds: communication,
            messages: traffic.messages / Math.max(iterations, 1),
            bytes: traffic.bytes / Math.max(iterations, 1),
          },
    phases: rows("phase"),
    parts,
    terms: rows("term"),
    operators,
  };
}

function describe(report: ProfileReport, { columns, style }: Output): string {
  const { iterations, milliseconds, operators, communication: sums } = report;
  const share = (value: number) => `${((100 * value) / milliseconds).toFixed(1)} %`;
  const time = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const table = (head: string, rows: readonly ProfileRow[]) =>
    tableBlocks(
      [head, "calls", "ms", "share"],
      rows.map(({ name, calls, milliseconds }) => [
        name,
        calls >= 100 ? count(calls) : String(Number(calls.toPrecision(3))),
        time(milliseconds),
        share(milliseconds),
      ]),
      columns,
      style.good,
    );
  const once = (name: string, value: number): ProfileRow => ({ name, calls: 1, milliseconds: value });
  const rest = operators.slice(SHOWN);
  const others: ProfileRow[] =
    rest.length === 0
      ? []
      : [
          {
            name: `${rest.length} others`,
            calls: rest.reduce((sum, { calls }) => sum + calls, 0),
            milliseconds: rest.reduce((sum, row) => sum + row.milliseconds, 0),
          },
        ];
  const blocks = [
    [`Profile: an iteration, on the average of ${count(iterations)}`],
    table("whole", [
      once("iteration", milliseconds),
      once("in LibTorch", report.libtorch),
      once("waiting for data", report.waitingForData),
      ...(sums === null
        ? []
        : [{ name: "sums over processes", calls: sums.messages, milliseconds: sums.milliseconds }]),
      once("elsewhere", report.host),
    ]),
    ...(sums === null
      ? []
      : [
          [
            `${bytes(sums.bytes)} are added up in an iteration's ${Number(sums.messages.toPrecision(3))} messages`,
          ],
        ]),
    table("phase", report.phases),
    table("part of a phase", report.parts),
    table("term", report.terms),
    table("operator", [...operators.slice(0, SHOWN), ...others]),
  ];
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}
