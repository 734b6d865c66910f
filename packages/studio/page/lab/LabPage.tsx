import { useEffect, useRef, useState } from "preact/hooks";
import type { LabJson } from "../../src/json.js";
import { choose, useAddress } from "../parts/address.js";
import { useJson } from "../parts/json.js";
import { useKeys } from "../parts/keys.js";
import { LAYERS, type Layer } from "./draw.js";
import { OwnPoints } from "./OwnPoints.js";
import { addressOf, changesOf, orderOf, type Wish, wishOf } from "./order.js";
import { Side } from "./Side.js";
import { type Training, useTraining } from "./useTraining.js";

/** Iterations between two pictures, and milliseconds after each. */
const SPEEDS = {
  slow: { count: 1, pause: 350 },
  medium: { count: 5, pause: 60 },
  fast: { count: 25, pause: 0 },
} as const;
type Speed = keyof typeof SPEEDS;

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Methods on points, side by side from one seed. */
export function LabPage() {
  const { searchParams } = useAddress();
  const { data: lab, trouble } = useJson<LabJson>("/lab", () => 60_000);
  const recipes = lab?.recipes ?? [];
  const sides: readonly Training[] = [useTraining(), useTraining()];
  const wishes = [0, 1].map((side) => wishOf(searchParams, side));
  const [begun, setBegun] = useState<readonly (Wish | undefined)[]>([]);
  const [playing, setPlaying] = useState(false);
  const [draws, setDraws] = useState(false);
  const data = searchParams.get("data") ?? "";
  const seed = Number(searchParams.get("seed") ?? 0);
  const speed = (searchParams.get("speed") ?? "medium") as Speed;
  const hidden = new Set((searchParams.get("hide") ?? "").split(",").filter(Boolean));
  const shown = new Set((Object.keys(LAYERS) as Layer[]).filter((layer) => !hidden.has(layer)));
  const open = [0, 1].filter((side) => wishes[side] !== undefined && sides[side]!.id !== undefined);
  const phases = [...new Set(open.flatMap((side) => sides[side]!.opened?.phases ?? []))];

  const begin = async () => {
    setPlaying(false);
    setBegun(wishes);
    await Promise.all(
      wishes.map((wish, side) =>
        wish === undefined ? undefined : sides[side]!.begin(orderOf(wish, recipes, data, seed)),
      ),
    );
  };
  const all = async (command: Parameters<Training["perform"]>[0]) => {
    const came = await Promise.all(
      open.map((side) => {
        const { opened } = sides[side]!;
        if (command.do === "step" && opened?.phases.includes(command.phase) === false) return true;
        return sides[side]!.perform(command);
      }),
    );
    return came.every(Boolean);
  };
  // Both go the same number of iterations, whatever each costs.
  const isPlaying = useRef(false);
  const rate = useRef(SPEEDS[speed]);
  rate.current = SPEEDS[speed] ?? SPEEDS.medium;
  isPlaying.current = playing;
  useEffect(() => {
    if (!playing) return;
    let gone = false;
    void (async () => {
      while (!gone && isPlaying.current) {
        if (!(await all({ do: "iterate", count: rate.current.count }))) return setPlaying(false);
        await wait(rate.current.pause);
      }
    })();
    return () => {
      gone = true;
    };
  }, [playing]);
  const play = async () => {
    if (open.length === 0) await begin();
    setPlaying((before) => !before);
  };
  const single = (command: Parameters<Training["perform"]>[0]) => {
    setPlaying(false);
    void all(command);
  };
  useKeys({
    " ": () => void play(),
    i: () => single({ do: "iterate", count: 1 }),
    d: () => single({ do: "step", phase: "discriminator" }),
    g: () => single({ do: "step", phase: "generator" }),
    b: () => void begin(),
  });
  const goOn = async (side: number) => {
    const [wish, before, training] = [wishes[side], begun[side], sides[side]!];
    if (wish === undefined || before === undefined || training.id === undefined) return;
    setPlaying(false);
    setBegun(begun.map((each, i) => (i === side ? wish : each)));
    await training.begin(changesOf(wish, before, training.id));
  };
  return (
    <main class="wide lab">
      <div class="heading">
        <h1>2-D lab</h1>
        <p class="quiet">
          Watch D and G at work on points. What is trained here is an ordinary run, in lab/.
        </p>
      </div>
      {trouble === undefined ? null : (
        <p class="trouble" role="alert">
          {trouble}
        </p>
      )}
      <div class="tools">
        <label class="field">
          <span>Points</span>
          <select
            value={data}
            onChange={(event) => {
              if (event.currentTarget.value === "own") setDraws(true);
              else choose({ data: event.currentTarget.value });
            }}
          >
            <option value="">the recipe's ring</option>
            <option value="ring">ring</option>
            <option value="grid">grid of 25</option>
            {data.startsWith("points:") ? <option value={data}>points of my own</option> : null}
            <option value="own">draw or paste …</option>
          </select>
        </label>
        <label class="field">
          <span>Seed</span>
          <input
            type="number"
            min={0}
            step={1}
            value={seed}
            onChange={(event) => choose({ seed: event.currentTarget.value })}
          />
        </label>
        <button type="button" class="button" disabled={lab === undefined} onClick={begin}>
          {open.length === 0 ? "Begin" : "Begin again"}
        </button>
        {wishes[1] === undefined ? (
          <button
            type="button"
            class="button"
            onClick={() => choose(addressOf({ recipe: "reg-gan-points", with: "", set: "" }, 1))}
          >
            Another method beside it
          </button>
        ) : null}
        <span class="grow" />
        <button
          type="button"
          class="button primary"
          disabled={lab === undefined}
          aria-pressed={playing}
          onClick={() => void play()}
        >
          {playing ? "Pause" : "Play"}
        </button>
        <button
          type="button"
          class="button"
          disabled={open.length === 0}
          onClick={() => single({ do: "iterate", count: 1 })}
        >
          One iteration
        </button>
        {phases.map((phase) => (
          <button key={phase} type="button" class="button" onClick={() => single({ do: "step", phase })}>
            Step {phase === "discriminator" ? "D" : phase === "generator" ? "G" : phase}
          </button>
        ))}
        <label class="field">
          <span>Speed</span>
          <select value={speed} onChange={(event) => choose({ speed: event.currentTarget.value })}>
            {Object.entries(SPEEDS).map(([name, { count }]) => (
              <option key={name} value={name}>
                {name}: {count === 1 ? "each iteration" : `every ${count} iterations`}
              </option>
            ))}
          </select>
        </label>
      </div>
      <fieldset class="chips">
        <legend class="unseen">What is drawn</legend>
        {Object.entries(LAYERS).map(([layer, name]) => (
          <button
            key={layer}
            type="button"
            class="chip"
            aria-pressed={!hidden.has(layer)}
            onClick={() => {
              if (!hidden.delete(layer)) hidden.add(layer);
              choose({ hide: [...hidden].join(",") });
            }}
          >
            <span class={`swatch ${layer}`} aria-hidden="true" />
            {name}
          </button>
        ))}
      </fieldset>
      <div class={`sides${wishes[1] === undefined ? "" : " two"}`}>
        {wishes.map((wish, side) =>
          wish === undefined ? null : (
            <Side
              key={side === 0 ? "first" : "second"}
              title={side === 0 ? "Method" : "Second method"}
              wish={wish}
              begun={begun[side]}
              recipes={recipes}
              training={sides[side]!}
              shown={shown}
              onWish={(next) => choose(addressOf(next, side))}
              onGoOn={() => void goOn(side)}
              {...(side === 0
                ? {}
                : {
                    onRemove: () => {
                      sides[1]!.close();
                      choose(addressOf(undefined, 1));
                    },
                  })}
            />
          ),
        )}
      </div>
      {draws ? <OwnPoints onKept={(name) => choose({ data: name })} onClose={() => setDraws(false)} /> : null}
    </main>
  );
}
