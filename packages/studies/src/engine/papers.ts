import { readdirSync } from "node:fs";

/** A text whose tables and figures are studies: files of the folder of its key. */
export interface Paper {
  /** The folder in src/, and what its studies' names begin with. */
  readonly key: string;
  readonly title: string;
}

/** In the order of lists. */
export const papers = [
  { key: "infomax", title: "InfoMax-GAN" },
  { key: "mode-regularized", title: "Mode Regularized GAN" },
  { key: "intervention", title: "Intervention GAN" },
  { key: "adaptive-weights", title: "Adaptive Weighted Discriminator" },
  { key: "notes", title: "Notes on the GAN family" },
] as const satisfies readonly Paper[];

export type PaperKey = (typeof papers)[number]["key"];

export const titleOf = (key: PaperKey): string => papers.find((paper) => paper.key === key)!.title;

/** The folders of studies: the first six's, and each paper's that has any. */
export function studyFolders(root: URL): URL[] {
  const there = new Set(readdirSync(root));
  return [root, ...papers.flatMap(({ key }) => (there.has(key) ? [new URL(`${key}/`, root)] : []))];
}
