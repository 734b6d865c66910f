import { useEffect, useState } from "preact/hooks";
import type { LabRecipe } from "../../src/lab/messages.js";
import { choose, useAddress } from "../parts/address.js";
import { post } from "../parts/json.js";
import { useKeys } from "../parts/keys.js";
import { wordsOf } from "../parts/words.js";
import { Drawing, pointsIn, pointsText } from "./Drawing.js";
import { type Layers, Stage } from "./Stage.js";

const SIDES = ["left", "right"] as const;
type Side = (typeof SIDES)[number];

/** What is in the address, and when it is not. */
const DEFAULTS: Readonly<Record<string, string>> = {
  left: "gan",
  right: "reg-gan-points",
  data: "ring",
  seed: "0",
};

const LAYERS: readonly (readonly [key: keyof Layers, name: string])[] = [
  ["surface", "D's surface"],
  ["manifold", "G's grid"],
  ["arrows", "slopes at fakes"],
  ["real", "data"],
  ["fake", "samples"],
];

/** GANs on points, to look at while they learn: two side by side from one seed. */
export function LabPage() {
  const { searchParams } = useAddress();
  const at = (name: string) => searchParams.get(name) ?? DEFAULTS[name] ?? "";
  const [recipes, setRecipes] = useState<readonly LabRecipe[]>([]);
  const [labs, setLabs] = useState<Partial<Record<Side, string>>>({});
  const [trouble, setTrouble] = useState<string>();
  const [playing, setPlaying] = useState(false);
  const rate = Number(at("rate") || 0);
  const hidden = new Set(at("hide").split(",").filter(Boolean));
  const layers = Object.fromEntries(LAYERS.map(([key]) => [key, !hidden.has(key)])) as unknown as Layers;
  useEffect(() => {
    void fetch("/lab/recipes.json")
      .then((response) => response.json())
      .then(setRecipes)
      .catch(() => setTrouble("The studio does not answer."));
  }, []);
  const running = Object.values(labs);
  // Whoever leaves the page ends what it began; the runs stay.
  useEffect(
    () => () => running.forEach((id) => void post(`/lab/${id}/end`).catch(() => {})),
    [running.join()],
  );
  const tell = (what: string, body: unknown = {}, ids: readonly string[] = running) =>
    Promise.all(ids.map((id) => post(`/lab/${id}/${what}`, body)))
      .then(() => setTrouble(undefined))
      .catch((error: Error) => setTrouble(error.message));
  const begin = async () => {
    setTrouble(undefined);
    setPlaying(false);
    const points = pointsIn(at("points"));
    const data =
      at("data") === "drawn" && points.length > 0 ? { name: "drawn", points } : { name: at("data") };
    try {
      const found: Partial<Record<Side, string>> = {};
      for (const side of SIDES)
        if (!["", "none"].includes(at(side)))
          found[side] = await post("/lab/begin", {
            recipe: at(side),
            with: wordsOf(at(`${side}-with`)),
            set: wordsOf(at(`${side}-set`)),
            seed: Number(at("seed")),
            data,
          });
      setLabs(found);
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  const play = (on: boolean, speed = rate) => {
    setPlaying(on);
    void tell(on ? "play" : "pause", { rate: speed });
  };
  const step = (phase: string | null) => {
    setPlaying(false);
    void tell("step", { phase });
  };
  useKeys({ " ": () => running.length > 0 && play(!playing), s: () => step(null) });
  const change = (side: Side, terms: string, set: string) => {
    setPlaying(false);
    const id = labs[side];
    if (id !== undefined) void tell("change", { with: wordsOf(terms), set: wordsOf(set) }, [id]);
  };
  return (
    <main class="wide">
      <div class="heading">
        <h1>Lab</h1>
        <p class="quiet">GANs on points, while they learn. Each is an ordinary run.</p>
      </div>
      <section class="card lab-settings" aria-label="What is trained">
        <div class="tools">
          <label class="field">
            <span>Data</span>
            <select value={at("data")} onChange={(event) => choose({ data: event.currentTarget.value })}>
              <option value="ring">ring of 8</option>
              <option value="grid">grid of 25</option>
              <option value="drawn">drawn by you</option>
            </select>
          </label>
          <label class="field">
            <span>Seed</span>
            <input
              type="number"
              min={0}
              value={at("seed")}
              onChange={(event) => choose({ seed: event.currentTarget.value })}
            />
          </label>
        </div>
        {at("data") === "drawn" ? (
          <Drawing
            points={pointsIn(at("points"))}
            onChange={(points) => choose({ points: pointsText(points) })}
          />
        ) : null}
        <div class="lab-sides">
          {SIDES.map((side) => (
            <fieldset key={side} class="tools">
              <legend class="unseen">{side}</legend>
              <label class="field">
                <span>{side === "left" ? "Left" : "Right"}</span>
                <select
                  value={at(side)}
                  onChange={(event) => choose({ [side]: event.currentTarget.value || "none" })}
                >
                  {side === "right" ? <option value="none">nothing</option> : null}
                  {recipes.map(({ name, summary }) => (
                    <option key={name} value={name} title={summary}>
                      {name}
                    </option>
                  ))}
                </select>
              </label>
              <label class="field grow">
                <span>Terms</span>
                <input
                  value={at(`${side}-with`)}
                  placeholder="packing:degree=2"
                  onChange={(event) => choose({ [`${side}-with`]: event.currentTarget.value })}
                />
              </label>
              <label class="field grow">
                <span>Settings</span>
                <input
                  value={at(`${side}-set`)}
                  placeholder="batch=256 steps=5000"
                  onChange={(event) => choose({ [`${side}-set`]: event.currentTarget.value })}
                />
              </label>
            </fieldset>
          ))}
        </div>
        <div class="buttons">
          <button type="button" class="button primary" onClick={() => void begin()}>
            {running.length === 0 ? "Begin" : "Begin anew"}
          </button>
          <p role="status" class="trouble">
            {trouble}
          </p>
        </div>
      </section>
      <div class="tools lab-player">
        <button
          type="button"
          class="button round"
          aria-label={playing ? "Pause" : "Play"}
          disabled={running.length === 0}
          onClick={() => play(!playing)}
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
              if (playing) play(true, speed);
            }}
          >
            <option value={0}>full</option>
            <option value={20}>20 a second</option>
            <option value={4}>4 a second</option>
            <option value={1}>1 a second</option>
          </select>
        </label>
        <button type="button" class="button" disabled={running.length === 0} onClick={() => step(null)}>
          One iteration
        </button>
        {["discriminator", "generator"].map((phase) => (
          <button
            key={phase}
            type="button"
            class="button"
            disabled={running.length === 0}
            onClick={() => step(phase)}
          >
            {phase === "discriminator" ? "One step of D" : "One step of G"}
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
      <div class="lab-sides">
        {SIDES.map((side) =>
          labs[side] === undefined ? null : (
            <Stage
              key={`${side} ${labs[side]}`}
              id={labs[side]}
              title={at(side)}
              layers={layers}
              onChange={(terms, set) => change(side, terms, set)}
            />
          ),
        )}
      </div>
      {running.length === 0 ? (
        <p class="empty">Choose two methods, and begin: they start from one seed, on the same points.</p>
      ) : null}
    </main>
  );
}
