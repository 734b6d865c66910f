import type { ListedDataset } from "@gantry/gan/data";
import { builtCatalogue } from "./catalogue/catalogue.js";
import { minutes } from "./render/recipes.js";

/** Trainings that begin here and now, with how long they took where that was measured. */
export function firstCommands(data: readonly Pick<ListedDataset, "name" | "available">[]): string[] {
  const catalogue = builtCatalogue();
  const here = new Set(data.filter(({ available }) => available).map(({ name }) => name));
  const digits = ["fashion-mnist", "mnist"].find((name) => here.has(name));
  const commands = [
    ["gan", "gantry train gan --preset small", "2-D points"],
    ...(digits === undefined
      ? []
      : [["dcgan", `gantry train dcgan --preset small --data ${digits}`, "pictures"]]),
  ] as const;
  return commands.map(([recipe = "", line, what]) => {
    const time = catalogue?.recipes.find(({ name }) => name === recipe)?.measured?.minutes ?? null;
    const took = time === null ? "" : `, ${minutes(time)} on ${catalogue!.measuredOn}`;
    return `  ${line}\n      ${what}${took}`;
  });
}
