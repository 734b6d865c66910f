import type { SampleRequest } from "@gantry/web";
import { useEffect, useState } from "preact/hooks";
import { pathOf } from "../parts/address.js";
import { shortNumber, whole } from "../parts/words.js";
import { Picture } from "./Picture.js";
import { type LatentPlane, type Place, seedAt } from "./plane.js";
import { type Loaded, useSamples } from "./useNetworks.js";

interface Props {
  readonly run: string;
  readonly loaded: Loaded;
  readonly iteration: number | undefined;
  /** Another checkpoint, to see beside this one. */
  readonly beside: number | undefined;
  readonly plane: LatentPlane;
  readonly place: Place;
  readonly how: Omit<SampleRequest, "latents">;
  readonly onKeep: () => void;
}

/** One sample: large, as D sees it, at another checkpoint, and beside what it may have been learned from. */
export function Chosen({ run, loaded, iteration, beside, plane, place, how, onKeep }: Props) {
  const key = JSON.stringify([place, how]);
  const request = () => ({ ...how, latents: plane.at(place) });
  const made = useSamples(loaded, iteration, `${key} ${iteration}`, request);
  const other = useSamples(loaded, beside, `${key} ${beside}`, request);
  const [score, setScore] = useState<number | string>();
  const [nearest, setNearest] = useState<{ picture?: string; trouble?: string }>();
  const seed = seedAt(place);
  const { networks } = loaded;
  useEffect(() => {
    if (networks === undefined || iteration === undefined || made === undefined || made.count !== 1) return;
    let gone = false;
    networks.scores(iteration, made).then(
      ([value]) => !gone && setScore(value),
      (error: Error) => !gone && setScore(error.message),
    );
    return () => {
      gone = true;
    };
  }, [networks, iteration, made]);
  useEffect(() => setNearest(undefined), [key, iteration]);
  const look = async () => {
    setNearest({});
    const latents = [...plane.at(place)];
    const response = await fetch(`/nearest/${iteration}/${pathOf(run)}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ latents, size: latents.length }),
    });
    if (!response.ok)
      return setNearest({ trouble: ((await response.json()) as { message: string }).message });
    const bytes = new Uint8Array(await response.arrayBuffer());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    setNearest({ picture: `data:image/png;base64,${btoa(text)}` });
  };
  // They are known in this page alone, which makes them.
  const numbers = () =>
    encodeURIComponent(
      JSON.stringify({ run, iteration, place, seed, ...how, score, latents: [...plane.at(place)] }),
    );
  return (
    <section aria-labelledby="chosen">
      <h2 id="chosen">Chosen</h2>
      <div class="facing">
        <Picture samples={made} class="one" label="the chosen sample" />
        {beside === undefined ? null : (
          <figure>
            <Picture samples={other} class="one" label={`the same latent at iteration ${beside}`} />
            <figcaption class="quiet line">at {whole(beside)}</figcaption>
          </figure>
        )}
        <div>
          <p class="quiet">
            at {place.map((value) => value.toFixed(2)).join(", ")}
            {seed === undefined ? "" : `, seed ${seed}`}
            {made?.classes === undefined ? "" : `, class ${made.classes[0]}`}
          </p>
          <p role="status">
            {typeof score === "number" ? `D's raw score: ${shortNumber(score)}` : (score ?? "D looks …")}
          </p>
          <div class="buttons">
            <button type="button" class="button small" onClick={onKeep}>
              Keep
            </button>
            <button type="button" class="button small" onClick={() => void look()}>
              Nearest training image
            </button>
            <a class="button small" download="sample.json" href={`data:application/json,${numbers()}`}>
              JSON
            </a>
          </div>
        </div>
      </div>
      {nearest === undefined ? null : (
        <div role="status">
          {nearest.picture === undefined ? (
            <p class={nearest.trouble === undefined ? "quiet" : "trouble"}>
              {nearest.trouble ?? "Looking through the training images …"}
            </p>
          ) : (
            <img
              class="nearest"
              src={nearest.picture}
              alt="the sample, and beside it what is nearest to it in the training data"
            />
          )}
        </div>
      )}
    </section>
  );
}
