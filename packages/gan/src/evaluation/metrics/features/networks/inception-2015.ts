import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { FormatError, readArrays, readFileBytes } from "@gantry/formats";
import { UsageError } from "../../../../core/base/errors.js";
import type { DataContext } from "../../../../core/data/context.js";
import { type FetchPlan, type FetchReport, fetchFiles } from "../../../../core/data/fetch.js";
import { cacheFolder } from "../../../../core/data/home.js";
import { firstHolding, knownPlaces } from "../../../../core/data/places.js";
import { Inception } from "../inception.js";
import { inceptionInputs, isInceptionInput } from "../inceptionInput.js";
import type { FeatureNetwork, FeatureNetworkDefinition, Resize } from "../network.js";

const NAME = "inception-2015";
const FOLDER = "inception";
const FILE = "pt_inception-2015-12-05-6726825d.pth";
/** The same file as torch-fidelity publishes it. */
const OTHER_NAME = "weights-inception-2015-12-05-6726825d.pth";
const SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2";

/** Google's weights of 2015-12-05, as converted for pytorch-fid (Apache License 2.0); its name has the checksum's start. */
export const inceptionFetchPlan: FetchPlan = {
  folder: FOLDER,
  files: [
    {
      url: `https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/${FILE}`,
      sha256: SHA256,
    },
  ],
};

/** Downloads the weights to Gantry's home. See {@link fetchFiles}. */
export function fetchInception(context: DataContext): Promise<FetchReport> {
  return fetchFiles(inceptionFetchPlan, context);
}

/** Where the weights may be: Gantry's places for data, and where PyTorch keeps its downloads. */
function places(context: DataContext): string[] {
  const torchHome = process.env.TORCH_HOME ?? join(cacheFolder(), "torch");
  return [...knownPlaces(FOLDER, context), join(torchHome, "hub", "checkpoints")].flatMap((folder) => [
    join(folder, FILE),
    join(folder, OTHER_NAME),
  ]);
}

const locate = (context: DataContext): Promise<string | undefined> =>
  firstHolding(places(context), async (path) => (await stat(path).catch(() => undefined))?.isFile() ?? false);

/**
 * Loads Inception from a file of weights (.pth, or the same tensors in another kind of file).
 * @throws {FormatError} a file whose name has the published checksum and whose content has not, and damaged files
 * @param resize how images come to its size; default `tensorflow`, its definition
 * @throws {UsageError} other tensors than Inception's; `lanczos3`, which no public code has
 */
export async function openInception(
  path: string,
  context: DataContext,
  resize: Resize = "refuse",
): Promise<FeatureNetwork> {
  const input = resize === "refuse" ? "tensorflow" : resize;
  if (!isInceptionInput(input))
    throw new UsageError(
      `--resize ${input} is for classifiers; ${NAME} brings images to its size by --resize ${Object.keys(inceptionInputs).join(", ")}`,
    );
  const sum = createHash("sha256")
    .update(await readFileBytes(path))
    .digest("hex");
  if (sum !== SHA256) {
    if ([FILE, OTHER_NAME].includes(basename(path)))
      throw new FormatError(`its sha256 is ${sum}, not ${SHA256}`, {
        file: path,
        hint: "download it again",
      });
    context.onNotice(
      `${path} is not the published file of Inception's weights: scores may differ from others'`,
    );
  }
  const state = await readArrays(path, { onNote: context.onNotice });
  const inception = new Inception(state, input);
  return {
    name: NAME,
    input: { channels: 3, size: undefined },
    featureSize: 2048,
    classes: 1008,
    identity: `${NAME}, code 1, ${sum}`,
    weights: sum.slice(0, 8),
    resize: inceptionInputs[input].description,
    forward(images) {
      const found = inception.features(images, ["2048", "logits_unbiased"]);
      return { features: found["2048"], logits: found.logits_unbiased };
    },
    dispose: () => inception.dispose(),
  };
}

const definition: FeatureNetworkDefinition = {
  name: NAME,
  summary: "Inception-v3 of 2015-12-05, which FID, KID and the Inception Score are defined with",
  source: "Szegedy et al. 2015; weights as in pytorch-fid and torch-fidelity",
  input: { channels: 3, size: undefined },
  standsInFor: undefined,
  isPresent: async (context) => (await locate(context)) !== undefined,
  async open(context, resize) {
    const path = await locate(context);
    if (path !== undefined) return await openInception(path, context, resize);
    throw new UsageError(
      [
        "Inception's weights are not on this machine",
        ...places(context).map((place) => `  looked for ${place}`),
        `  to get them: gantry data fetch inception`,
        `  or use the classifier of the data set (cifar10-cnn, fashion-cnn, digits-cnn)`,
      ].join("\n"),
    );
  },
};
export default definition;
