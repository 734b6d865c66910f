import { UsageError } from "../../core/base/errors.js";
import type { DataContext } from "../../core/data/context.js";
import { datasets } from "../../core/data/registry.js";
import { type FeatureNetworkDefinition, featureNetworks } from "../metrics/features/network.js";
import type { ImageSource } from "../metrics/images.js";

/** What tells where images come from. */
export interface Origin {
  /** Names of data set, file and folder, the most telling first. */
  readonly names: readonly string[];
  readonly classes: readonly string[] | undefined;
}

/** `CIFAR-10_jpg.zip` and `cifar10` have the same beginning. */
const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The one of some data sets that images of this origin are from, by name or by their classes. */
async function recogniseData(origin: Origin, candidates: readonly string[]): Promise<string | undefined> {
  // The longest first: cifar100 is not cifar10.
  const known = [...candidates].sort((a, b) => b.length - a.length);
  for (const name of origin.names) {
    const found = known.find((candidate) => plain(name).includes(plain(candidate)));
    if (found !== undefined) return found;
  }
  if (origin.classes === undefined) return undefined;
  const all = await datasets.all();
  const own = [...origin.classes].sort().join();
  return known.find((candidate) => [...(all.get(candidate)?.classes ?? [])].sort().join() === own);
}

/**
 * The network to look at images through. By name, or else Inception where its weights are (but not for parts of images,
 * which are digits: those need a classifier), or else the classifier trained on such data: told by the names of data set,
 * file and folder, or by the names of the classes, and only where size and colour fit.
 *
 * @param shape of what the network is to see
 * @param parts whether that is parts of images
 * @throws {UsageError} an unknown name, or no network for such images
 */
export async function findNetwork(
  asked: string | undefined,
  origins: readonly Origin[],
  shape: ImageSource["shape"],
  parts: boolean,
  context: DataContext,
): Promise<FeatureNetworkDefinition> {
  if (asked !== undefined) return await featureNetworks.get(asked);
  const networks = [...(await featureNetworks.all()).values()];
  if (!parts)
    for (const general of networks.filter(({ standsInFor }) => standsInFor === undefined))
      if (await general.isPresent(context)) return general;
  const [channels, height, width] = shape;
  const fitting = networks.filter(
    ({ standsInFor, input }) =>
      standsInFor !== undefined &&
      input.channels === channels &&
      input.size === height &&
      input.size === width,
  );
  // All data sets are candidates, so that one without a network is not taken for another whose name is in its own; the
  // parts of composed images, though, are of the data that they were composed of.
  const candidates = parts
    ? fitting.map(({ standsInFor }) => standsInFor!)
    : [...(await datasets.all()).values()].flatMap(({ name, locate }) =>
        locate === undefined ? [] : [name],
      );
  for (const origin of origins) {
    const data = await recogniseData(origin, candidates);
    const found = fitting.find(({ standsInFor }) => standsInFor === data);
    if (found !== undefined) return found;
  }
  const names = networks.map(({ name }) => name).join(", ");
  const composed =
    channels === 3 && networks.some(({ input }) => input.channels === 1 && input.size === height);
  const digits = composed
    ? "; channels that are a digit each are judged by --metrics coverage:parts=stacked-mnist"
    : "";
  throw new UsageError(
    `no feature network is known for images of ${shape.join("x")} from ${origins[0]?.names[0] ?? "nowhere"}: name one of ${names} with --network, or get Inception's weights with 'gantry data fetch inception'${digits}`,
  );
}
