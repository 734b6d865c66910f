import type { nn } from "@gantry/torch";
import { amount } from "../../base/amount.js";
import { UsageError } from "../../base/errors.js";
import type { ComposedGame } from "../../game/term.js";
import type { Discriminator } from "../../nets/contract.js";

/** A term's head on a discriminator. */
export interface HeadRequest {
  /** The term's name, and the head's. */
  readonly name: string;
  /** How many images it needs at once, and as what, for the message. */
  readonly needs: readonly [count: number, reason: string];
  /** Makes it; its parameters are the discriminator's. Throws UsageError where the network does not allow it. */
  head(network: Discriminator): nn.Module;
}

/** @throws UsageError where D judges too few images at once, or has this head already */
export function attachHead(
  game: ComposedGame,
  discriminator: string,
  { name, needs, head }: HeadRequest,
): void {
  const network = game.network<Discriminator>(discriminator);
  const joined = game.groupOf(discriminator);
  const judged = Math.floor(game.smallestBatch / joined);
  const [count, reason] = needs;
  if (judged < count)
    throw new UsageError(
      `${name} needs ${amount(count, "images")} or more in a batch, ${reason}, and D judges ${judged} at a time; set batch=${count * joined * game.parts} or more`,
    );
  if (network.heads.has(name))
    throw new UsageError(`the discriminator '${discriminator}' has ${name} already; give it once`);
  network.heads.set(name, head(network));
}
