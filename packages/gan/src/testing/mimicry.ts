/** What the tests of conversions share. */
import assert from "node:assert/strict";
import { nn, noGrad, type Tensor, torch } from "@gantry/torch";
import { families } from "../core/nets/family.js";
import { InfomaxCritics } from "../core/nets/layers/infomaxCritics.js";
import { Prior } from "../core/nets/prior.js";
import type { ConvertedNetwork } from "../exchange/mimicry.js";
import { assertClose, patternTensor, summary } from "./networks.js";

/** One output of a network: its shape, its first numbers, and two sums over all. */
export interface GoldenOutput {
  readonly shape: readonly number[];
  readonly start: readonly number[];
  readonly summary: readonly [number, number];
}

/** Outputs in evaluation, of the golden scripts' latents or images, with all heads. */
export async function evaluate(converted: ConvertedNetwork): Promise<Tensor[]> {
  const family = await families.get("resnet");
  const { family: _, ...options } = converted.net;
  const data = { kind: "images", shape: [3, converted.size, converted.size], classes: 3 } as const;
  const { classes } = converted;
  const prior = new Prior({ size: converted.latentSize ?? 1, distribution: "normal" });
  const request = { data, prior, classes };
  const parsed = family.options.parse(options);
  const tensors = new Map(
    [...converted.state].map(([name, a]) => [name, torch.fromBytes(a.data, a.shape, a.dtype)]),
  );
  const label = torch.tensor([2, 0], { dtype: "int64" });
  if (converted.role === "generator") {
    using network = family.generator(parsed, request);
    network.loadStateDict(tensors);
    const latent = patternTensor("latent", [2, 6], 3).to({ dtype: "float32" });
    return noGrad(() => [network.eval().forward(latent, label)]);
  }
  using network = family.discriminator(parsed, { ...request, inputShape: data.shape, latentSize: 0 });
  const { featureShapes, heads } = network;
  const { rotation, infomax } = converted.terms;
  if (rotation !== undefined)
    heads.set("rotation", new nn.Linear(featureShapes.global, 4, { spectralNorm: true }));
  if (infomax !== undefined)
    heads.set(
      "infomax",
      new InfomaxCritics(featureShapes.local?.[0] ?? 0, featureShapes.global, infomax.criticUnits),
    );
  network.loadStateDict(tensors);
  network.eval();
  const image = patternTensor("image", [2, ...data.shape], 2).to({ dtype: "float32" });
  return noGrad(() => {
    const sample = { image, label };
    const features = network.features(sample);
    const outputs = [network.score(features, sample)];
    if (rotation !== undefined) outputs.push(network.head<nn.Linear>("rotation").forward(features.global));
    if (infomax !== undefined)
      outputs.push(network.head<InfomaxCritics>("infomax").scores(features.local as Tensor, features.global));
    return outputs;
  });
}

/**
 * Compares with what the public code computed.
 * @param tolerance relative
 */
export async function assertEvaluates(
  converted: ConvertedNetwork,
  expected: readonly GoldenOutput[],
  tolerance: number,
): Promise<void> {
  const outputs = await evaluate(converted);
  assert.equal(outputs.length, expected.length);
  for (const [i, output] of outputs.entries()) {
    const wished = expected[i] as GoldenOutput;
    assert.deepEqual(output.shape, wished.shape.length === 2 && wished.shape[1] === 1 ? [2] : wished.shape);
    assertClose(output.flatten().toNumbers().slice(0, 16), wished.start, tolerance, `output ${i}`);
    assertClose(summary(`output${i}`, output), wished.summary, 10 * tolerance, `summary ${i}`);
  }
}
