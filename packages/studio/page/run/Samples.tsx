import { useEffect, useState } from "preact/hooks";
import type { RunJson } from "../../src/json.js";
import { choose, pathOf, useAddress } from "../parts/address.js";
import { useKeys } from "../parts/keys.js";
import { whole } from "../parts/words.js";
import { cellAt, cellBox, type Layout, layoutOf } from "./layout.js";
import { usePlaying } from "./usePlaying.js";

/** Cells of the strip of one latent over time. */
const STRIP = 36;
/** Pictures a second, and those at first. */
const RATES = [1, 4, 12, 24];
const RATE = 4;
const ZOOMS = [1, 2, 4] as const;

/** Every picture of samples under one slider: the same latents each time. */
export function Samples({ run }: { readonly run: RunJson }) {
  const { searchParams } = useAddress();
  const { grids, samples } = run;
  const wanted = searchParams.get("at");
  const end = grids.length - 1;
  const index = wanted === null ? end : nearest(grids, Number(wanted));
  const show = (place: number) =>
    choose({ at: place >= end ? null : String(grids[Math.max(0, place)]?.iteration ?? 0) });
  const rate = RATES.find((each) => String(each) === searchParams.get("rate")) ?? RATE;
  const playing = usePlaying(index, end, rate, show);
  const reals = searchParams.get("reals") === "1" && samples?.kind === "images";
  const zoom = ZOOMS.find((each) => String(each) === searchParams.get("zoom")) ?? 1;
  const cell = Number.parseInt(searchParams.get("cell") ?? "", 10);
  const [layout, setLayout] = useState<Layout>();
  const toggleReals = () => choose({ reals: reals ? null : "1" });
  useKeys({
    ArrowLeft: () => show(index - 1),
    ArrowRight: () => show(index + 1),
    Home: () => show(0),
    End: () => show(end),
    " ": playing.toggle,
    r: toggleReals,
  });
  const grid = grids[index];
  const addressOf = (place: number) => {
    const { iteration, version } = grids[place]!;
    return `/samples/${iteration}/${pathOf(run.id)}?${version}`;
  };
  useEffect(() => {
    for (const next of [index + 1, index + 2, index - 1])
      if (next >= 0 && next <= end) new Image().src = addressOf(next);
  }, [index, end]);
  if (grid === undefined)
    return (
      <section class="samples" aria-labelledby="samples">
        <h2 id="samples">Samples</h2>
        <p class="empty">No picture of samples yet.</p>
      </section>
    );
  const pick = (event: MouseEvent) => {
    if (layout === undefined) return;
    const found = cellAt(layout, event.offsetX, event.offsetY, (event.target as HTMLElement).clientWidth);
    if (found !== undefined) choose({ cell: found === cell ? null : String(found) });
  };
  const box = layout !== undefined && cell >= 0 && cell < layout.count ? cellBox(layout, cell) : undefined;
  return (
    <section class="samples" aria-labelledby="samples">
      <div class="section-heading">
        <h2 id="samples">Samples</h2>
        <p class="quiet" aria-live="off">
          iteration <strong>{whole(grid.iteration)}</strong>, {index + 1} of {grids.length}
          {grid.givenUp ? ", given up when it went on from before" : ""}
        </p>
      </div>
      <div class={`pictures${reals ? " two" : ""}`}>
        <figure>
          {reals ? <figcaption>generated</figcaption> : null}
          <div class={`picture zoom-${zoom}`}>
            <div class="sheet">
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field below chooses a sample by keys */}
              <img
                src={addressOf(index)}
                alt={`Samples at iteration ${whole(grid.iteration)}`}
                onClick={pick}
                onLoad={(event) => setLayout(layoutOf(event.currentTarget, samples))}
              />
              {box === undefined ? null : <span class="chosen" style={box} />}
            </div>
          </div>
        </figure>
        {reals ? (
          <figure>
            <figcaption>real</figcaption>
            <Reals id={run.id} zoom={zoom} />
          </figure>
        ) : null}
      </div>
      <div class="player">
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
          aria-valuetext={`iteration ${whole(grid.iteration)}`}
          min={0}
          max={Math.max(0, end)}
          value={index}
          onInput={(event) => show(Number(event.currentTarget.value))}
        />
      </div>
      <div class="tools">
        <label class="field inline">
          <span>Speed</span>
          <select
            value={rate}
            onChange={(event) => {
              const { value } = event.currentTarget;
              choose({ rate: value === String(RATE) ? null : value });
            }}
          >
            {RATES.map((each) => (
              <option key={each} value={each}>
                {each} a second
              </option>
            ))}
          </select>
        </label>
        <label class="field inline">
          <span>Zoom</span>
          <select
            value={zoom}
            onChange={(event) =>
              choose({ zoom: event.currentTarget.value === "1" ? null : event.currentTarget.value })
            }
          >
            {ZOOMS.map((each) => (
              <option key={each} value={each}>
                {each === 1 ? "fit" : `${each} ×`}
              </option>
            ))}
          </select>
        </label>
        {samples?.kind === "images" ? (
          <label class="field inline">
            <input type="checkbox" checked={reals} onChange={toggleReals} />
            <span>reals beside</span>
          </label>
        ) : null}
        {layout === undefined ? null : (
          <label class="field inline">
            <span>Follow</span>
            <input
              type="number"
              min={1}
              max={layout.count}
              placeholder="no."
              value={Number.isNaN(cell) ? "" : cell + 1}
              onInput={(event) => {
                const { value } = event.currentTarget;
                choose({ cell: value === "" ? null : String(Number(value) - 1) });
              }}
            />
          </label>
        )}
      </div>
      {layout === undefined || box === undefined ? null : (
        <div class="strip-block">
          <h3>Sample {cell + 1} over time</h3>
          <div class="strip">
            {evenly(grids.length, STRIP).map((place) => (
              <button
                key={place}
                type="button"
                aria-label={`iteration ${whole(grids[place]!.iteration)}`}
                aria-current={place === index ? "true" : undefined}
                onClick={() => show(place)}
              >
                <span style={stripStyle(layout, cell, addressOf(place))} />
                <small>{whole(grids[place]!.iteration)}</small>
              </button>
            ))}
          </div>
        </div>
      )}
    </section>
  );
}

/** Real images, drawn when they are first asked for. */
function Reals({ id, zoom }: { readonly id: string; readonly zoom: number }) {
  const [why, setWhy] = useState<string>();
  const address = `/reals/${pathOf(id)}`;
  if (why !== undefined) return <p class="empty">{why}</p>;
  return (
    <div class={`picture zoom-${zoom}`}>
      <div class="sheet">
        <img
          src={address}
          alt="Real images of the data"
          onError={() =>
            void fetch(address)
              .then((response) => response.json() as Promise<{ message: string }>)
              .then(({ message }) => setWhy(message))
              .catch(() => setWhy("The studio does not answer."))
          }
        />
      </div>
    </div>
  );
}

/** The side of a cell of the strip, in pixels of the page. */
const SIDE = 56;

function stripStyle({ width, height, cell, padding, columns }: Layout, place: number, address: string) {
  const zoom = SIDE / cell[0];
  const x = padding + (place % columns) * (cell[0] + padding);
  const y = padding + Math.floor(place / columns) * (cell[1] + padding);
  return {
    width: `${SIDE}px`,
    height: `${Math.round(cell[1] * zoom)}px`,
    backgroundImage: `url("${address}")`,
    backgroundSize: `${width * zoom}px ${height * zoom}px`,
    backgroundPosition: `${-x * zoom}px ${-y * zoom}px`,
  };
}

/** Places of at most `count` of them, the first and the last among them. */
const evenly = (all: number, count: number): number[] =>
  all <= count
    ? Array.from({ length: all }, (_, i) => i)
    : Array.from({ length: count }, (_, i) => Math.round((i * (all - 1)) / (count - 1)));

/** The place of the last picture that is not after an iteration. */
function nearest(grids: RunJson["grids"], iteration: number): number {
  const after = grids.findIndex((grid) => grid.iteration > iteration);
  return after === -1 ? grids.length - 1 : Math.max(0, after - 1);
}
