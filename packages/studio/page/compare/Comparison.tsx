import { useMemo, useState } from "preact/hooks";
import type { CompareJson } from "../../src/json.js";
import { Swatch } from "../parts/Marks.js";
import { Plot } from "../parts/Plot.js";
import type { PlotLine } from "../parts/plotting.js";
import { Wide } from "../parts/Wide.js";
import { describeValue, GROUP_MEANING } from "./described.js";
import { GroupTable, ScoreTable } from "./Scores.js";
import { SharedSamples } from "./SharedSamples.js";
import { titleOf } from "./words.js";

interface Props {
  readonly data: CompareJson;
  /** Where the page is to be had as one file; none in that file. */
  readonly file?: string;
  /** The iteration of the samples; default the last. */
  readonly at?: number | undefined;
  readonly onAt?: (iteration: number | undefined) => void;
  readonly logarithmic?: boolean;
  readonly onLogarithmic?: (on: boolean) => void;
}

/** Scalars that say how good samples are, and not how training goes. */
const isScore = (name: string) => /^(eval|points)\//.test(name);

/** The comparison of runs: in the studio and in a file, the same. */
export function Comparison({ data, file, ...given }: Props) {
  const [ownAt, setOwnAt] = useState<number>();
  const [ownLog, setOwnLog] = useState(false);
  const logarithmic = given.logarithmic ?? ownLog;
  const { comparison, legend, plots } = data;
  const { runs, groups, differences, origins } = comparison;
  const labels = runs.map(({ label }) => label);
  const settings = data.grouped
    ? Object.keys(groups[0]?.settings ?? {}).map((path) => ({
        path,
        values: groups.map((group) => group.settings[path] ?? null),
      }))
    : differences;
  const scores = plots.filter(({ name }) => isScore(name));
  const others = plots.filter(({ name }) => !isScore(name));
  return (
    <main class="wide">
      <div class="heading">
        <h1>{runs.length === 1 ? "1 run" : `${runs.length} runs`} compared</h1>
        <div class="buttons">
          <label class="field inline">
            <input
              type="checkbox"
              checked={logarithmic}
              onChange={(event) => (given.onLogarithmic ?? setOwnLog)(event.currentTarget.checked)}
            />
            <span>log</span>
          </label>
          {file === undefined ? null : (
            <a class="button" href={file} download="comparison.html" title={titleOf(data)}>
              One file to share
            </a>
          )}
        </div>
      </div>
      <ul class="legend" aria-label="Colours">
        {legend.map((label, place) => (
          <li key={label}>
            <Swatch place={place} />
            {label}
          </li>
        ))}
      </ul>
      {data.grouped ? (
        <section aria-labelledby="by-settings">
          <h2 id="by-settings">By settings, over seeds</h2>
          <GroupTable comparison={comparison} />
          <p class="quiet">{GROUP_MEANING}.</p>
        </section>
      ) : null}
      <SettingTable
        id="differences"
        title="What differs in the configuration"
        settings={settings}
        labels={data.grouped ? legend : labels}
      />
      <Plots title="Scores during training" plots={scores} data={data} logarithmic={logarithmic} />
      <SharedSamples
        data={data}
        at={given.onAt === undefined ? ownAt : given.at}
        onAt={given.onAt ?? setOwnAt}
      />
      <Plots title="Training" plots={others} data={data} logarithmic={logarithmic} />
      <section aria-labelledby="runs">
        <h2 id="runs">{data.grouped ? "Run by run" : "Scores"}</h2>
        <ScoreTable data={data} />
      </section>
      <SettingTable
        id="origins"
        title="What differs in versions and origin"
        settings={origins}
        labels={labels}
      />
    </main>
  );
}

interface PlotsProps {
  readonly title: string;
  readonly plots: CompareJson["plots"];
  readonly data: CompareJson;
  readonly logarithmic: boolean;
}

function Plots({ title, plots, data, logarithmic }: PlotsProps) {
  const id = title.toLowerCase().replaceAll(" ", "-");
  if (plots.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {data.grouped ? <p class="quiet">Means over seeds; the bands are one standard deviation.</p> : null}
      <div class="plots three">
        {plots.map((plot) => (
          <ComparedPlot key={plot.name} plot={plot} legend={data.legend} logarithmic={logarithmic} />
        ))}
      </div>
    </section>
  );
}

interface ComparedPlotProps {
  readonly plot: CompareJson["plots"][number];
  readonly legend: readonly string[];
  readonly logarithmic: boolean;
}

function ComparedPlot({ plot, legend, logarithmic }: ComparedPlotProps) {
  const lines = useMemo(
    () =>
      plot.lines.map(({ place, at, mean, deviation }): PlotLine => {
        const label = legend[place] ?? "";
        const line = { label, place, at, mean };
        if (deviation.every((each) => !(each > 0))) return line;
        const reach = (sign: number) => mean.map((value, i) => value + sign * (deviation[i] ?? 0));
        return { ...line, low: reach(-1), high: reach(1) };
      }),
    [plot, legend],
  );
  return <Plot title={plot.name} lines={lines} logarithmic={logarithmic} height={210} />;
}

interface SettingProps {
  readonly id: string;
  readonly title: string;
  readonly settings: CompareJson["comparison"]["differences"];
  readonly labels: readonly string[];
}

/** Only the settings that differ. */
function SettingTable({ id, title, settings, labels }: SettingProps) {
  if (settings.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Wide label={`Table: ${title}`}>
        <table class="plain settings-table">
          <thead>
            <tr>
              <th scope="col">setting</th>
              {labels.map((label, place) => (
                <th key={label} scope="col">
                  <Swatch place={place} />
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {settings.map(({ path, values }) => (
              <tr key={path}>
                <th scope="row" class="mono">
                  {path}
                </th>
                {values.map((value, i) => (
                  <td key={labels[i]}>
                    {value === null ? <span class="quiet">-</span> : describeValue(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}
