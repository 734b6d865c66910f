import { z } from "zod";
import { datasets } from "../data/registry.js";
import { families } from "../nets/family.js";
import type { DataShape } from "../nets/sample.js";
import { type Config, configSchema, optimizerSchema } from "./schema.js";

export { measured, measuredOn } from "../recipes/measured.js";
export { composeRecipe, presetsOf, recipeGroups } from "../recipes/recipe.js";

const SIDES = [28, 32, 48, 64, 96, 128, 256, 512, 1024];

/** The kind of data that a configuration is for, and which sides of square images its networks take, of the usual ones. */
export async function sidesTaken({
  net,
  data,
}: Config): Promise<{ kind: "points" | "images"; sizes: number[] }> {
  const family = await families.get(net.family);
  const { family: _, prior: __, ...options } = net;
  const takes = (shape: readonly number[], kind: DataShape["kind"]) =>
    family.check(options, { kind, shape, classes: 10 }) === undefined;
  const set = data.name === undefined ? undefined : await datasets.get(data.name);
  // Data that is computed of nothing.
  const isPoints = set !== undefined && set.locate === undefined && set.recognise === undefined;
  if (isPoints && takes([2], "points")) return { kind: "points", sizes: [] };
  const sizes = SIDES.filter((side) => takes([3, side, side], "images") || takes([1, side, side], "images"));
  return { kind: "images", sizes };
}

/** Paths of every setting that is the configuration's own, down to its last part. */
export function settingPaths(): string[] {
  const json = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Schema;
  const optimizers = optimizerSchema.options.flatMap(({ shape }) => Object.keys(shape));
  return [
    ...pathsOf(json).filter((path) => !/^(terms|optimizers|data|net|version)\b/.test(path)),
    ...[...new Set(optimizers)].map((name) => `optimizers.PLAYER.${name}`),
  ];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

function pathsOf({ properties = {}, anyOf = [] }: Schema, under = ""): string[] {
  const own = Object.entries(properties).flatMap(([name, inner]) => {
    const path = under === "" ? name : `${under}.${name}`;
    const deeper = pathsOf(inner, path);
    return deeper.length === 0 ? [path] : deeper;
  });
  return [...own, ...anyOf.flatMap((each) => pathsOf(each, under))];
}
