import { z } from "zod";
import { amount } from "../base/amount.js";

/** Which of D's maps terms take for local features. */
export const localLayerSetting = z
  .int()
  .min(1)
  .max(16)
  .default(1)
  .describe("D's local features (infomax): the map this many blocks before the last one's; 1: the papers'");

/** Why there is no such map among those that D makes before its last, and what to do; undefined where there is. */
export function checkLocalLayer(localLayer: number, maps: number): string | undefined {
  if (localLayer <= maps) return undefined;
  const choice = maps === 1 ? "1" : `1 to ${maps}`;
  return `net.localLayer=${localLayer}: this D makes ${amount(maps, "maps")} before its last one; take ${choice}`;
}
