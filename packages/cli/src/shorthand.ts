// Options as people type them, told as settings.
import type { Config, DataContext, JsonObject } from "@gantry/gan";
import type { CommandOption } from "./command.js";
import { UsageProblem } from "./errors.js";

export const sizeOption: CommandOption = {
  flags: "--size <n>",
  description: "side of the images, in pixels: data.size",
};

export const shorthandOptions: readonly CommandOption[] = [
  {
    flags: "--lr <rate>",
    description: "learning rate of every player, or a schedule: 2e-4..0@100epochs",
  },
  { flags: "--epochs <n>", description: "instead of --steps: how many times D sees the data" },
  { flags: "--kimg <n>", description: "instead of --steps: thousands of reals that D sees" },
];

export interface Shorthand {
  readonly lr?: string;
  readonly size?: string;
  readonly steps?: string;
  readonly epochs?: string;
  readonly kimg?: string;
}

/**
 * `--lr` and `--size` as settings: the rate of `default`, and of every player that has one of its own.
 * @param base what they are laid upon
 */
export async function shorthandSettings({ lr, size }: Shorthand, base: JsonObject): Promise<JsonObject[]> {
  const { parseValue } = await import("@gantry/gan");
  const sizes = size === undefined ? [] : [{ data: { size: parseValue(size, "--size") } }];
  if (lr === undefined) return sizes;
  const learningRate = parseValue(lr, "--lr");
  const own = Object.entries((base.optimizers ?? {}) as Record<string, object>);
  const players = own.filter(([, optimizer]) => "learningRate" in optimizer).map(([player]) => player);
  const names = [...new Set(["default", ...players])];
  return [...sizes, { optimizers: Object.fromEntries(names.map((name) => [name, { learningRate }])) }];
}

/**
 * `--epochs` and `--kimg` as the setting `steps`.
 * @param config all else, decided
 * @throws UsageProblem
 */
export async function lengthSetting(
  { steps, epochs, kimg }: Shorthand,
  config: Config,
  context: Partial<DataContext>,
): Promise<JsonObject[]> {
  const given = Object.entries({ steps, epochs, kimg }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new UsageProblem(`--${given.map(([name]) => name).join(" and --")} say the same twice; give one`);
  const text = epochs ?? kimg;
  if (text === undefined) return [];
  const value = Number(text);
  const name = epochs === undefined ? "kimg" : "epochs";
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new UsageProblem(`--${name} ${text}: a number above 0 is needed`);
  const { openConfiguredData, stepsFor } = await import("@gantry/gan");
  if (name === "kimg") return [{ steps: stepsFor(config, 0, { kimg: value }) }];
  const { count } = await openConfiguredData(config, context);
  return [{ steps: stepsFor(config, count, { epochs: value }) }];
}
