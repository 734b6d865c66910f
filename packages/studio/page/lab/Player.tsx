import { choose, useAddress } from "../parts/address.js";
import type { Layers } from "./paint.js";

const LAYERS: readonly (readonly [key: keyof Layers, name: string])[] = [
  ["surface", "D's surface"],
  ["manifold", "G's grid"],
  ["arrows", "slopes at fakes"],
  ["real", "data"],
  ["fake", "samples"],
];

const PLAYERS: Readonly<Record<string, string>> = { discriminator: "D", generator: "G" };

/** Iterations a second, as the address has them; 0 for as many as there can be. */
export const rateIn = ({ searchParams }: URL): number => Number(searchParams.get("rate") ?? 0) || 0;

const hiddenIn = ({ searchParams }: URL) =>
  new Set((searchParams.get("hide") ?? "").split(",").filter(Boolean));

/** What is shown of each training, as the address has it. */
export function layersIn(address: URL): Layers {
  const hidden = hiddenIn(address);
  return Object.fromEntries(LAYERS.map(([key]) => [key, !hidden.has(key)])) as unknown as Layers;
}

interface Props {
  readonly hasBegun: boolean;
  readonly playing: boolean;
  /** That can be stepped alone. */
  readonly phases: readonly string[];
  readonly onPlay: (on: boolean, rate: number) => void;
  /** null for a whole iteration. */
  readonly onStep: (phase: string | null) => void;
}

/** Plays and steps all trainings of the lab. */
export function Player({ hasBegun, playing, phases, onPlay, onStep }: Props) {
  const address = useAddress();
  const rate = rateIn(address);
  const hidden = hiddenIn(address);
  const layers = layersIn(address);
  return (
    <div class="tools lab-player">
      <button
        type="button"
        class="button round"
        aria-label={playing ? "Pause" : "Play"}
        disabled={!hasBegun}
        onClick={() => onPlay(!playing, rate)}
      >
        <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
          <path d={playing ? "M3 1h3v12H3zM8 1h3v12H8z" : "M3 1l10 6-10 6z"} />
        </svg>
      </button>
      <label class="field inline">
        <span>Speed</span>
        <select
          value={rate}
          onChange={(event) => {
            const speed = Number(event.currentTarget.value);
            choose({ rate: speed === 0 ? null : String(speed) });
            if (playing) onPlay(true, speed);
          }}
        >
          <option value={0}>full</option>
          <option value={20}>20 a second</option>
          <option value={4}>4 a second</option>
          <option value={1}>1 a second</option>
        </select>
      </label>
      <button type="button" class="button" disabled={!hasBegun} onClick={() => onStep(null)}>
        One iteration
      </button>
      {phases.map((phase) => (
        <button key={phase} type="button" class="button" disabled={!hasBegun} onClick={() => onStep(phase)}>
          One step of {PLAYERS[phase] ?? phase}
        </button>
      ))}
      {LAYERS.map(([key, name]) => (
        <label key={key} class="field inline">
          <input
            type="checkbox"
            checked={layers[key]}
            onChange={() => {
              if (!hidden.delete(key)) hidden.add(key);
              choose({ hide: [...hidden].join(",") });
            }}
          />
          <span>{name}</span>
        </label>
      ))}
    </div>
  );
}
