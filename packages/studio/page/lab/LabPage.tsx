import { useState } from "preact/hooks";
import { choose, useAddress } from "../parts/address.js";
import { post } from "../parts/json.js";
import { useKeys } from "../parts/keys.js";
import { wordsOf } from "../parts/words.js";
import { Choices } from "./Choices.js";
import { pointsIn } from "./Drawing.js";
import { layersIn, Player, rateIn } from "./Player.js";
import { Stage } from "./Stage.js";
import { SIDES, settingIn } from "./sides.js";
import { useSession } from "./useSession.js";

/** Phases of most games. */
const PHASES = ["discriminator", "generator"];

/** GANs on points, to look at while they learn: two side by side from one seed, in lockstep. */
export function LabPage() {
  const address = useAddress();
  const at = (name: string) => settingIn(address, name);
  const id = address.searchParams.get("session") ?? undefined;
  const { look, trouble: lost } = useSession(id);
  const [trouble, setTrouble] = useState<string>();
  // Pressed, and not told yet.
  const [wanted, setWanted] = useState<{ readonly playing: boolean; readonly after: number }>();
  const hasBegun = look !== undefined;
  const playing =
    wanted !== undefined && wanted.after === look?.count ? wanted.playing : (look?.playing ?? false);
  const tell = (what: string, body: unknown = {}) => {
    if (id === undefined) return;
    post(`/lab/${id}/${what}`, body)
      .then(() => setTrouble(undefined))
      .catch((error: Error) => setTrouble(error.message));
  };
  const begin = async () => {
    setTrouble(undefined);
    const points = pointsIn(at("points"));
    const data =
      at("data") === "drawn" && points.length > 0 ? { name: "drawn", points } : { name: at("data") };
    const sides = SIDES.filter((side) => !["", "none"].includes(at(side))).map((side) => ({
      recipe: at(side),
      with: wordsOf(at(`${side}-with`)),
      set: wordsOf(at(`${side}-set`)),
      seed: Number(at("seed")),
      data,
    }));
    try {
      choose({ session: await post("/lab/begin", { sides }) });
    } catch (error) {
      setTrouble((error as Error).message);
    }
  };
  const play = (on: boolean, rate = rateIn(address)) => {
    setWanted({ playing: on, after: look?.count ?? 0 });
    tell(on ? "play" : "pause", { rate });
  };
  const step = (phase: string | null) => tell("step", { phase });
  useKeys({ " ": () => hasBegun && play(!playing), s: () => hasBegun && step(null) });
  const phases = [...new Set(look?.sides.flatMap(({ frame }) => frame?.phases ?? []))];
  return (
    <main class="wide">
      <div class="heading">
        <h1>Lab</h1>
        <p class="quiet">GANs on points, while they learn, in lockstep. Each is an ordinary run.</p>
      </div>
      <Choices hasBegun={hasBegun} trouble={trouble ?? lost} onBegin={() => void begin()} />
      <Player
        hasBegun={hasBegun}
        playing={playing}
        phases={phases.length > 0 ? phases : PHASES}
        onPlay={play}
        onStep={step}
      />
      <div class="lab-sides">
        {look?.sides.map((side, place) => (
          <Stage
            key={`${id} ${place}`}
            {...side}
            layers={layersIn(address)}
            onChange={(terms, set) =>
              tell("change", { side: place, with: wordsOf(terms), set: wordsOf(set) })
            }
          />
        ))}
      </div>
      {hasBegun ? null : (
        <p class="empty">
          Choose two methods, and begin: they start from one seed, on the same points, and keep step.
        </p>
      )}
    </main>
  );
}
