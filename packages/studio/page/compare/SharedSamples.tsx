import type { CompareJson } from "../../src/json.js";
import { Swatch } from "../parts/Marks.js";
import { whole } from "../parts/words.js";
import { usePlaying } from "../run/usePlaying.js";

interface Props {
  readonly data: CompareJson;
  /** Default the last iteration. */
  readonly at: number | undefined;
  readonly onAt: (iteration: number | undefined) => void;
}

/** Pictures a second. */
const RATE = 4;

/** The samples of all runs under one slider. */
export function SharedSamples({ data, at, onAt }: Props) {
  const { comparison, grouped, samples } = data;
  const { runs, groups } = comparison;
  const iterations = [
    ...new Set(samples.flatMap(({ grids }) => grids.map(({ iteration }) => iteration))),
  ].sort((a, b) => a - b);
  const end = iterations.length - 1;
  const after = at === undefined ? -1 : iterations.findIndex((iteration) => iteration > at);
  const index = after === -1 ? end : Math.max(0, after - 1);
  const show = (place: number) => onAt(place >= end ? undefined : iterations[Math.max(0, place)]);
  const playing = usePlaying(index, end, RATE, show);
  const now = iterations[index];
  if (now === undefined) return null;
  const placeOf = (run: number) =>
    grouped ? groups.findIndex((group) => group.runs.includes(runs[run]!.label)) : run;
  return (
    <section aria-labelledby="samples">
      <div class="section-heading">
        <h2 id="samples">Samples</h2>
        <p class="quiet">
          up to iteration <strong>{whole(now)}</strong>
        </p>
      </div>
      <div class="player sticky">
        <button
          type="button"
          class="button round"
          aria-label={playing.on ? "Pause" : "Play"}
          onClick={playing.toggle}
        >
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d={playing.on ? "M3 1h3v12H3zM8 1h3v12H8z" : "M3 1l10 6-10 6z"} />
          </svg>
        </button>
        <input
          type="range"
          aria-label="Iteration of the samples"
          aria-valuetext={`iteration ${whole(now)}`}
          min={0}
          max={Math.max(0, end)}
          value={index}
          onInput={(event) => show(Number(event.currentTarget.value))}
        />
      </div>
      <div class="side-by-side">
        {samples.map(({ run, grids }) => {
          const grid = grids.findLast(({ iteration }) => iteration <= now);
          const label = runs[run]?.label ?? "";
          return (
            <figure key={label}>
              <figcaption>
                <Swatch place={placeOf(run)} />
                {label}
                <span class="quiet">{grid === undefined ? "" : ` ${whole(grid.iteration)}`}</span>
              </figcaption>
              {grid === undefined ? (
                <p class="empty">none yet</p>
              ) : (
                <img alt={`samples of ${label} at iteration ${whole(grid.iteration)}`} src={grid.source} />
              )}
            </figure>
          );
        })}
      </div>
    </section>
  );
}
