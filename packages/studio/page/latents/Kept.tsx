import { between, type Description, type SampleRequest } from "@gantry/web";
import { useEffect, useState } from "preact/hooks";
import { choose, useAddress } from "../parts/address.js";
import { Picture } from "./Picture.js";
import { arithmetic, joined, type LatentPlane, type Place } from "./plane.js";
import { type Loaded, useSamples } from "./useNetworks.js";

interface Props {
  readonly loaded: Loaded;
  readonly iteration: number | undefined;
  readonly plane: LatentPlane;
  readonly description: Description;
  readonly places: readonly Place[];
  /** Class and psi, as the map has them. */
  readonly how: Omit<SampleRequest, "latents">;
  readonly onChoose: (place: Place) => void;
  readonly onRemove: (index: number) => void;
}

/** Pictures of a walk from one kept point to the next, and milliseconds for each. */
const [FRAMES, FRAME] = [24, 70];

/** Points that a person kept: to walk between, and to reckon with. */
export function Kept({ loaded, iteration, plane, description, places, how, onChoose, onRemove }: Props) {
  const key = JSON.stringify([places, how, iteration]);
  const kept = useSamples(loaded, iteration, places.length === 0 ? "" : key, () => ({
    ...how,
    latents: joined(places.length === 0 ? [plane.at([0, 0])] : places.map((place) => plane.at(place))),
  }));
  if (places.length === 0)
    return (
      <section aria-labelledby="kept">
        <h2 id="kept">Kept</h2>
        <p class="quiet">Choose a sample and keep it. Two make a walk, three a sum.</p>
      </section>
    );
  return (
    <section aria-labelledby="kept">
      <h2 id="kept">Kept</h2>
      <ul class="kept">
        {places.map((place, i) => (
          <li key={`${i} ${place.join()}`}>
            <button type="button" class="link" onClick={() => onChoose(place)}>
              <Picture samples={kept} from={i} label={`kept ${i + 1}`} />
            </button>
            <span>
              {i + 1}{" "}
              <button type="button" class="link" aria-label={`Remove ${i + 1}`} onClick={() => onRemove(i)}>
                ×
              </button>
            </span>
          </li>
        ))}
      </ul>
      {places.length < 2 ? null : <Walk {...{ loaded, iteration, plane, description, places, how }} />}
      {places.length < 3 ? null : <Sum {...{ loaded, iteration, plane, places, how }} />}
    </section>
  );
}

function Walk({ loaded, iteration, plane, description, places, how }: Omit<Props, "onChoose" | "onRemove">) {
  const at = Math.round(Number(useAddress().searchParams.get("walk") ?? 0)) || 0;
  const setAt = (frame: number) => choose({ walk: frame === 0 ? null : String(frame) });
  const [playing, setPlaying] = useState(false);
  const end = (places.length - 1) * FRAMES;
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => setAt(at >= end ? 0 : at + 1), FRAME);
    return () => clearTimeout(timer);
  }, [playing, at, end]);
  const frame = Math.min(Math.max(0, at), end);
  const made = useSamples(loaded, iteration, JSON.stringify([places, frame, how, iteration]), () => {
    const leg = Math.min(places.length - 2, Math.floor(frame / FRAMES));
    const [from, to] = [plane.at(places[leg]!), plane.at(places[leg + 1]!)];
    return { ...how, latents: between(description.prior, from, to, frame / FRAMES - leg) };
  });
  return (
    <div class="facing">
      <Picture samples={made} class="one" label={`between the kept points, at ${frame} of ${end}`} />
      <div class="grow">
        <h3>Walk</h3>
        <label class="field">
          <span>from the first to the last</span>
          <input
            type="range"
            min={0}
            max={end}
            value={frame}
            onInput={(event) => setAt(Number(event.currentTarget.value))}
          />
        </label>
        <button
          type="button"
          class="button small"
          aria-pressed={playing}
          onClick={() => setPlaying(!playing)}
        >
          {playing ? "Pause" : "Play"}
        </button>
      </div>
    </div>
  );
}

function Sum({
  loaded,
  iteration,
  plane,
  places,
  how,
}: Omit<Props, "description" | "onChoose" | "onRemove">) {
  const three = places.slice(0, 3);
  const made = useSamples(loaded, iteration, JSON.stringify([three, how, iteration]), () => {
    const [a, b, c] = three.map((place) => plane.at(place));
    return { ...how, latents: joined([a!, b!, c!, arithmetic(a!, b!, c!)]) };
  });
  return (
    <div>
      <h3>1 − 2 + 3</h3>
      <Picture
        samples={made}
        columns={4}
        class="walk"
        label="the first, the second, the third kept point, and 1 - 2 + 3"
      />
    </div>
  );
}
