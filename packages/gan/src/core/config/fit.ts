// Bringing a configuration and images of one's own together: the size, the batch, and what few images call for.
import { amount } from "../base/amount.js";
import { UsageError } from "../base/errors.js";
import { type DataContext, type Dataset, dataContext } from "../data/index.js";
import { type OwnImages, ownImages } from "../data/ownImages.js";
import { families } from "../nets/family.js";
import { openConfiguredData } from "./data.js";
import type { Config } from "./schema.js";

/** So many images and more do without augmentation: see docs/guide/little-data.md. */
const ENOUGH = 5000;
/** What is chosen unasked: DCGAN's own size, and what a processor can train in hours. */
const LARGEST = 64;

export interface FitOptions {
  /** The batch was asked for, and stays as it is. Default false. */
  readonly keepBatch?: boolean;
  /** What to type for an augmentation, as the note on few images says it. Default `--augment puts NAME on`. */
  readonly putsOn?: (augmentation: string) => string;
}

/**
 * A configuration for the images that its data are, where these are of one's own (by path): at a size that the networks take, by a
 * batch that is no larger than the data. What is chosen is told by `onNote`. Any other configuration stays as it is.
 * @throws UsageError for a size that the networks do not take, before anything is decoded
 * @returns the data too, once it had to be opened
 */
export async function fitToData(
  config: Config,
  context: Partial<DataContext> = {},
  { keepBatch = false, putsOn = (name) => `--augment puts ${name} on` }: FitOptions = {},
): Promise<{ readonly config: Config; readonly dataset: Dataset | undefined }> {
  const full = dataContext(context);
  const own = await ownImages(config.data as { path?: string }, full);
  if (own === undefined) return { config, dataset: undefined };
  const sized = await withSize(config, own, full);
  const dataset = await openConfiguredData(sized, context);
  const { count } = dataset;
  const fitted = keepBatch || config.batch <= count ? sized : { ...sized, batch: fittingBatch(count) };
  if (fitted !== sized)
    full.onNote(
      `batch ${fitted.batch}, since there are ${amount(count, "images")} and the recipe's is ${config.batch}`,
    );
  const augmentation = fittingAugmentation(config);
  if (count < ENOUGH && augmentation !== undefined)
    full.onNote(
      `${amount(count, "images")} are few, and D would learn them by heart: ${putsOn(augmentation)}, --with mirror beside it where left and right do not matter`,
    );
  return { config: fitted, dataset };
}

/** A power of two, of which packs and groups are made, of no more than there are. */
export const fittingBatch = (count: number) => 2 ** Math.min(6, Math.floor(Math.log2(count)));

/** The term that few images call for first; undefined where there is one already, and where no D looks at images. */
export function fittingAugmentation({ terms }: Pick<Config, "terms">): string | undefined {
  const names = Object.entries(terms).map(([key, { term }]) => term ?? key);
  return names.some((name) => ["ada", "diff-augment", "apa", "aae"].includes(name))
    ? undefined
    : "diff-augment";
}

async function withSize(config: Config, own: OwnImages, context: DataContext): Promise<Config> {
  const { family: name, prior: _, ...options } = config.net;
  const family = await families.get(name);
  const objection = (width: number, height = width) =>
    family.check(options, { kind: "images", shape: [own.channels, height, width], classes: undefined });
  const refuse = (size: number) => {
    const why = objection(size);
    if (why !== undefined) throw new UsageError(why);
  };
  if (own.size !== undefined) {
    refuse(own.size);
    return config;
  }
  const { count, sizes } = await own.measure();
  const [first] = sizes;
  if (first === undefined) return config;
  const isUniform = sizes.every(({ width, height }) => width === first.width && height === first.height);
  if (isUniform && objection(first.width, first.height) === undefined) return config;
  const taken = SIZES.filter((size) => objection(size) === undefined);
  const sides = sizes.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b);
  // One of ten may be smaller, and is enlarged.
  const enough = Math.min(LARGEST, sides[Math.floor(sides.length / 10)] as number);
  const size = taken.findLast((each) => each <= enough) ?? taken[0];
  if (size === undefined) refuse(enough);
  const others = taken.filter((each) => each !== size).slice(0, 8);
  context.onNote(
    `${amount(count, "images")} ${describe(sizes)}: the square in the middle of each, at ${size}x${size}${others.length === 0 ? "" : `; --size takes ${others.join(", ")} too`}`,
  );
  return { ...config, data: { ...config.data, size } as Config["data"] };
}

/** What may be chosen among. */
const SIZES = [16, 28, 32, 48, 64, 96, 128, 192, 256, 512, 1024];

function describe(sizes: readonly { readonly width: number; readonly height: number }[]): string {
  const area = ({ width, height }: { width: number; height: number }) => width * height;
  const sorted = [...sizes].sort((a, b) => area(a) - area(b));
  const [least, most] = [sorted[0], sorted.at(-1)].map((each) => `${each?.width}x${each?.height}`);
  return least === most ? `of ${least}` : `of ${least} to ${most}`;
}
