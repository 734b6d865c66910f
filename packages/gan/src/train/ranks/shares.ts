import { distributed } from "@gantry/torch";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import type { Config } from "../../core/config/schema.js";
import type { Game } from "../../core/game/game.js";

/**
 * Refuses batches that do not divide among the processes.
 * @throws UsageError
 */
export function requireShares({ batch, schedule }: Config, game: Game, size = distributed.size()): void {
  if (size === 1) return;
  const groups = [...game.players].map(([name, { role }]) =>
    role === "discriminator" ? game.groupOf(name) : 1,
  );
  const unit = size * schedule.accumulate * Math.max(...groups);
  for (const [setting, count] of [
    ["--batch", batch],
    ["--set schedule.generatorBatch", schedule.generatorBatch ?? batch],
  ] as const)
    if (count % unit !== 0)
      throw new UsageError(
        `${amount(size, "processes")} do not divide a batch of ${count} into equal parts${unit === size ? "" : ` (of ${schedule.accumulate > 1 ? "schedule.accumulate" : "packs"})`}; give ${setting}${setting === "--batch" ? " " : "="}${Math.ceil(count / unit) * unit}`,
      );
}
