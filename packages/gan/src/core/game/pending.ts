import { distributed, type Tensor } from "@gantry/torch";
import type { Play } from "./play.js";

/** A step whose losses and gradients are known, and whose updates are not made. */
export interface Pending {
  readonly play: Play;
  readonly teams: readonly (readonly string[])[];
  /** Players that stand still in it. */
  readonly held: ReadonlySet<string>;
  /** The value of each term for each player, as `player/term`: of this process's rows. */
  readonly losses: Map<string, Tensor>;
  /** By team, one for each of its parameters: of this process's rows. */
  readonly gradients: readonly (readonly (Tensor | undefined)[])[];
  /** Losses and gradients on their way to being those of all processes; undefined where there is one. */
  readonly shared: distributed.Bucket | undefined;
}

/** What is added up over all processes: every loss, then every gradient that there is. */
export const shared = ({ losses, gradients }: Pick<Pending, "losses" | "gradients">): distributed.Bucket =>
  new distributed.Bucket([...losses.values(), ...gradients.flat().filter((each) => each !== undefined)]);

/** Losses and gradients of all processes' rows, once Pending.shared is reduced. */
export function ofAllRanks({ losses, gradients, shared }: Pending): Pick<Pending, "losses" | "gradients"> {
  if (shared === undefined) return { losses, gradients };
  const means = shared.means();
  const values = means.splice(0, losses.size);
  return {
    losses: new Map([...losses.keys()].map((name, i) => [name, values[i] as Tensor])),
    gradients: gradients.map((team) => team.map((each) => each && means.shift())),
  };
}
