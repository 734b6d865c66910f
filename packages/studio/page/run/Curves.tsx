import { useMemo } from "preact/hooks";
import type { CurveJson, RunJson } from "../../src/json.js";
import { choose, useAddress } from "../parts/address.js";
import { useKeys } from "../parts/keys.js";
import { Plot } from "../parts/Plot.js";
import type { PlotLine, PlotMark } from "../parts/plotting.js";
import { whole } from "../parts/words.js";

/** Curves of one kind, by what stands before the `/` of their names. */
const groupOf = (name: string): string => name.split("/")[0] ?? "";

/** Curves that are told apart without headings. */
const FEW = 9;

/** How good samples are goes before how the training does. */
const rank = (group: string): number =>
  ["eval", "points", "generator", "discriminator"].indexOf(group) + 1 || 9;

/** Every scalar of a run over its iterations. */
export function Curves({ run }: { readonly run: RunJson }) {
  const { searchParams } = useAddress();
  const logarithmic = searchParams.get("log") === "1";
  const smoothing = Math.min(0.99, Math.max(0, Number(searchParams.get("smooth") ?? 0) || 0));
  const wanted = searchParams.get("curves") ?? "";
  const [from, to] = [searchParams.get("from"), searchParams.get("to")];
  const at = searchParams.get("at");
  const isPart = from !== null || to !== null;
  useKeys({
    l: () => choose({ log: logarithmic ? null : "1" }),
    Escape: () => choose({ from: null, to: null }),
  });
  const names = Object.keys(run.curves).filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));
  const sorted = names.toSorted((a, b) => rank(groupOf(a)) - rank(groupOf(b)));
  const groups = [...Map.groupBy(sorted, (name) => (names.length > FEW ? groupOf(name) : ""))];
  const span = spanOf(Object.values(run.curves));
  const marks = useMemo(
    (): PlotMark[] => [
      ...run.restarts.map(({ iteration }): PlotMark => ({ at: iteration, kind: "restart" })),
      ...run.findings.map(({ iteration, severity }): PlotMark => ({ at: iteration, kind: severity })),
      ...(at === null ? [] : [{ at: Number(at), kind: "now" } as const]),
    ],
    [run, at],
  );
  return (
    <section class="curves" aria-labelledby="curves">
      <div class="section-heading">
        <h2 id="curves">Curves</h2>
        <div class="tools">
          <label class="field inline">
            <span>Only</span>
            <input
              type="search"
              size={10}
              value={wanted}
              onInput={(event) => choose({ curves: event.currentTarget.value })}
            />
          </label>
          <label class="field inline">
            <input
              type="checkbox"
              checked={logarithmic}
              onChange={(event) => choose({ log: event.currentTarget.checked ? "1" : null })}
            />
            <span>log</span>
          </label>
          <label class="field inline">
            <span>Smooth</span>
            <input
              type="range"
              min={0}
              max={0.99}
              step={0.01}
              value={smoothing}
              onInput={(event) => {
                const { value } = event.currentTarget;
                choose({ smooth: value === "0" ? null : value });
              }}
            />
            <output>{smoothing === 0 ? "off" : smoothing}</output>
          </label>
        </div>
      </div>
      <Notes run={run} from={from} to={to} isPart={isPart} />
      {groups.map(([group, members]) => (
        <div key={group}>
          {groups.length > 1 ? <h3>{group}</h3> : null}
          <div class="plots">
            {members.map((name) => (
              <CurvePlot
                key={name}
                name={name}
                curve={run.curves[name]!}
                marks={marks}
                logarithmic={logarithmic}
                smoothing={smoothing}
                span={span}
              />
            ))}
          </div>
        </div>
      ))}
    </section>
  );
}

interface NotesProps {
  readonly run: RunJson;
  readonly from: string | null;
  readonly to: string | null;
  readonly isPart: boolean;
}

/** What the marks in the plots mean, where there are any. */
function Notes({ run, from, to, isPart }: NotesProps) {
  const bad = Object.entries(run.curves).filter(([, curve]) => curve.bad.length > 0);
  return (
    <>
      {isPart ? (
        <p class="quiet">
          Iterations {whole(Math.round(Number(from ?? 0)))} to{" "}
          {to === null ? "the end" : whole(Math.round(Number(to)))}.{" "}
          <button type="button" class="link" onClick={() => choose({ from: null, to: null })}>
            Show all
          </button>
        </p>
      ) : null}
      {run.restarts.length === 0 ? null : (
        <p class="quiet">
          <span class="key key-restart" aria-hidden="true" />
          Went on from{" "}
          {run.restarts
            .slice(-3)
            .map(({ iteration, before }) => `${whole(iteration)} (it had come to ${whole(before)})`)
            .join(", ")}
          {run.restarts.length > 3 ? `, and ${run.restarts.length - 3} times before` : ""}.
        </p>
      )}
      {bad.length === 0 ? null : (
        <p class="trouble">
          <span class="key key-bad" aria-hidden="true" />
          Not finite:{" "}
          {bad
            .slice(0, 4)
            .map(([name, curve]) => `${name} from ${whole(curve.bad[0] ?? 0)}`)
            .join(", ")}
        </p>
      )}
    </>
  );
}

/** The iterations that all curves are shown over: those that any of them has. */
function spanOf(curves: readonly CurveJson[]): readonly [number, number] | undefined {
  const ends = curves.flatMap(({ at }) => (at.length === 0 ? [] : [at[0]!, at.at(-1)!]));
  return ends.length === 0 ? undefined : [Math.min(...ends), Math.max(...ends)];
}

interface CurveProps {
  readonly name: string;
  readonly curve: CurveJson;
  readonly marks: readonly PlotMark[];
  readonly logarithmic: boolean;
  readonly smoothing: number;
  readonly span: readonly [number, number] | undefined;
}

function CurvePlot({ name, curve, marks, logarithmic, smoothing, span }: CurveProps) {
  const lines = useMemo(() => [lineOf(name, curve)], [name, curve]);
  const all = useMemo(
    () => [...marks, ...curve.bad.map((at): PlotMark => ({ at, kind: "bad" }))],
    [marks, curve],
  );
  return (
    <Plot
      title={name}
      lines={lines}
      marks={all}
      logarithmic={logarithmic}
      smoothing={smoothing}
      {...(span === undefined ? {} : { span })}
      onPick={(iteration) => choose({ at: String(Math.max(0, iteration)) })}
      onZoom={(from, to) => choose({ from: from.toFixed(0), to: to.toFixed(0) })}
    />
  );
}

/** A curve as a line with its reach, broken where it was not finite. */
function lineOf(label: string, { at, mean, low, high, bad }: CurveJson): PlotLine {
  const isThinned = low.some((value, i) => value !== high[i]);
  const points = at.map((iteration, i) => [iteration, mean[i]!, low[i]!, high[i]!] as const);
  const gaps = bad.map((iteration) => [iteration + 0.5, null, null, null] as const);
  const all = gaps.length === 0 ? points : [...points, ...gaps].sort(([a], [b]) => a - b);
  return {
    label,
    place: 0,
    at: all.map(([iteration]) => iteration),
    mean: all.map(([, value]) => value),
    ...(isThinned ? { low: all.map((each) => each[2]), high: all.map((each) => each[3]) } : {}),
  };
}
