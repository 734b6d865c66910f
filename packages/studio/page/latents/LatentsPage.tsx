import { useMemo } from "preact/hooks";
import type { RunJson } from "../../src/json.js";
import { choose, pathOf, useAddress } from "../parts/address.js";
import { useJson } from "../parts/json.js";
import { useKeys } from "../parts/keys.js";
import { whole } from "../parts/words.js";
import { Chosen } from "./Chosen.js";
import { Kept } from "./Kept.js";
import { LatentMap, placesOf } from "./LatentMap.js";
import { joined, LatentPlane, type Place } from "./plane.js";
import { useNetworks, useSamples } from "./useNetworks.js";

/** Between two samples of the map: the whole way from one seed to the next is 1. */
const STEP = 0.5;
const STEPS = [0.02, 2] as const;

const numbers = (text: string | null): number[] => (text ?? "").split(",").filter(Boolean).map(Number);
const placeIn = (text: string | null): Place => {
  const [x = 0, y = 0] = numbers(text);
  return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : [0, 0];
};
const short = ([x, y]: Place) => `${Number(x.toFixed(3))},${Number(y.toFixed(3))}`;

/** What a run's generator makes, wherever one looks: in this browser, without an engine. */
export function LatentsPage({ id }: { readonly id: string }) {
  const { searchParams } = useAddress();
  const { data: run, trouble } = useJson<RunJson>(`/run/${pathOf(id)}?points=1`, () => 60_000);
  const checkpoints = run?.checkpoints ?? [];
  const asked = Number(searchParams.get("at") ?? Number.NaN);
  const iteration = checkpoints.includes(asked) ? asked : checkpoints.at(-1);
  const second = Number(searchParams.get("beside") ?? Number.NaN);
  const beside = checkpoints.includes(second) ? second : undefined;
  const loaded = useNetworks(id, iteration);
  const { about } = loaded;
  const description = about?.description;
  const plane = useMemo(
    () => (description === undefined ? undefined : new LatentPlane(description.prior)),
    [JSON.stringify(description?.prior)],
  );
  const centre = placeIn(searchParams.get("centre"));
  const step = Number(searchParams.get("step") ?? STEP) || STEP;
  const chosen = placeIn(searchParams.get("chosen"));
  const kept = (searchParams.get("keep") ?? "").split(";").filter(Boolean).map(placeIn);
  const label = searchParams.get("class");
  const psi = Number(searchParams.get("psi") ?? 1);
  const how = {
    ...(description?.classes === undefined ? {} : { class: Number(label ?? 0) }),
    ...(about?.hasPsi ? { psi } : {}),
  };
  const places = placesOf(centre, step);
  const map = useSamples(loaded, iteration, JSON.stringify([centre, step, how, iteration]), () => ({
    ...how,
    latents: joined(places.map((place) => plane!.at(place))),
  }));
  const move = (place: Place) => choose({ centre: short(place) });
  const keep = () => choose({ keep: [...kept, chosen].map(short).join(";") });
  const zoom = (factor: number) =>
    choose({ step: String(Number(Math.min(STEPS[1], Math.max(STEPS[0], step * factor)).toFixed(3))) });
  useKeys({
    ArrowLeft: () => move([centre[0] - step, centre[1]]),
    ArrowRight: () => move([centre[0] + step, centre[1]]),
    ArrowUp: () => move([centre[0], centre[1] + step]),
    ArrowDown: () => move([centre[0], centre[1] - step]),
    "+": () => zoom(1 / 1.15),
    "-": () => zoom(1.15),
    k: keep,
  });
  const isPoints = description !== undefined && description.range === undefined;
  const why = trouble ?? loaded.trouble;
  return (
    <main class="wide">
      <div class="heading">
        <div>
          <p class="quiet crumbs">
            <a href="/">Runs</a> / <a href={`/run/${pathOf(id)}`}>{id}</a>
          </p>
          <h1>Latents</h1>
        </div>
        <p class="quiet">
          {about === undefined
            ? ""
            : "G runs in this browser; drag the map, choose a sample, keep what you like."}
        </p>
      </div>
      {why === undefined ? null : (
        <p class="trouble" role="alert">
          {why}
        </p>
      )}
      <div class="tools">
        <CheckpointSelect
          title="Checkpoint"
          value={iteration}
          checkpoints={checkpoints}
          onChange={(value) => choose({ at: value })}
        />
        <CheckpointSelect
          title="Beside it"
          value={beside}
          checkpoints={checkpoints}
          none="none"
          onChange={(value) => choose({ beside: value })}
        />
        {description?.classes === undefined ? null : (
          <label class="field">
            <span>Class {description.classes.names?.[Number(label ?? 0)] ?? label ?? 0}</span>
            <input
              type="range"
              min={0}
              max={description.classes.count - 1}
              value={Number(label ?? 0)}
              onInput={(event) => choose({ class: event.currentTarget.value })}
            />
          </label>
        )}
        {about?.hasPsi ? (
          <label class="field">
            <span>psi {psi.toFixed(2)}</span>
            <input
              type="range"
              min={0}
              max={1.5}
              step={0.05}
              value={psi}
              onInput={(event) => choose({ psi: event.currentTarget.value })}
            />
          </label>
        ) : null}
        <label class="field">
          <span>How close</span>
          <input
            type="range"
            min={STEPS[0]}
            max={STEPS[1]}
            step={0.01}
            value={step}
            onInput={(event) => choose({ step: event.currentTarget.value })}
          />
        </label>
        <button
          type="button"
          class="button"
          onClick={() => choose({ centre: null, step: null, chosen: null })}
        >
          Back to the middle
        </button>
      </div>
      {plane === undefined || description === undefined ? (
        <p class="waiting" role="status">
          {why === undefined
            ? run !== undefined && checkpoints.length === 0
              ? "This run has no checkpoint yet."
              : "Taking the generator out of the run …"
            : ""}
        </p>
      ) : isPoints ? (
        <p class="empty">
          This generator makes points: the <a href="/lab">2-D lab</a> shows where its latents go.
        </p>
      ) : (
        <div class="latents">
          <LatentMap
            samples={map}
            centre={centre}
            step={step}
            chosen={chosen}
            onMove={move}
            onZoom={zoom}
            onChoose={(place) => choose({ chosen: short(place) })}
          />
          <div>
            <Chosen
              run={id}
              loaded={loaded}
              iteration={iteration}
              beside={beside}
              plane={plane}
              place={chosen}
              how={how}
              onKeep={keep}
            />
            <Kept
              loaded={loaded}
              iteration={iteration}
              plane={plane}
              description={description}
              places={kept}
              how={how}
              onChoose={(place) => choose({ chosen: short(place) })}
              onRemove={(index) =>
                choose({
                  keep: kept
                    .filter((_, i) => i !== index)
                    .map(short)
                    .join(";"),
                })
              }
            />
          </div>
        </div>
      )}
    </main>
  );
}

interface SelectProps {
  readonly title: string;
  readonly value: number | undefined;
  readonly checkpoints: readonly number[];
  /** What the choice of none is called; default there is none. */
  readonly none?: string;
  readonly onChange: (value: string) => void;
}

const CheckpointSelect = ({ title, value, checkpoints, none, onChange }: SelectProps) => (
  <label class="field">
    <span>{title}</span>
    <select value={value ?? ""} onChange={(event) => onChange(event.currentTarget.value)}>
      {none === undefined ? null : <option value="">{none}</option>}
      {checkpoints.toReversed().map((iteration) => (
        <option key={iteration} value={iteration}>
          iteration {whole(iteration)}
        </option>
      ))}
    </select>
  </label>
);
