import { finalValue, type Pace } from "../core/base/schedule.js";
import type { Config } from "../core/config/schema.js";

/** How much an iteration of a configuration is, on so many items. */
export const paceOf = ({ batch, schedule, steps }: Config, count: number): Pace => ({
  count,
  batch,
  steps,
  discriminatorSteps: finalValue(schedule.discriminatorSteps),
});
