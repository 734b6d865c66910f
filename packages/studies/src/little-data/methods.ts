import type { Named } from "@gantry/gan";

/** What is put on, as `--with` takes it. */
export interface Method extends Named {
  readonly with?: string;
}

/** Thousands of reals until an adaptive probability is 1: a tenth of ADA's, since these trainings are short. */
const KIMG = 50;

export const methods: readonly Method[] = [
  { name: "none", summary: "as it is" },
  { name: "mirror", summary: "reals mirrored half of the time", with: "mirror" },
  { name: "diff-augment", summary: "all that D sees recoloured, moved, cut", with: "diff-augment" },
  { name: "ada", summary: "a longer list, as often as D overfits", with: `ada:kimg=${KIMG}` },
  { name: "apa", summary: "fakes passed off as reals, as often as D overfits", with: `apa:kimg=${KIMG}` },
  { name: "lecam", summary: "D's scores held to what the others had", with: "lecam" },
  { name: "consistency", summary: "D says the same of a moved image", with: "consistency" },
  { name: "top-k", summary: "G learns from the fakes that D likes best", with: "top-k" },
];
