import { nn } from "@gantry/torch";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import type { EncoderRequest } from "../family.js";
import { DBlock } from "../layers/dBlock.js";
import { OptimizedDBlock } from "../layers/optimizedDBlock.js";
import { xavierLinear } from "../layers/xavier.js";
import type { ResNetBody } from "./plan.js";

/** D's mirror: batch norm for spectral norm, and every place of the last map read, so that it can say where things are. */
export function resnetEncoder(
  { discriminator: widths, halvings }: ResNetBody,
  request: EncoderRequest,
): BodyEncoder {
  const { data, stochastic } = request;
  const side = data.shape[1]! / 2 ** halvings;
  const output = encodingSize(request);
  const body = new nn.Sequential(
    ...widths.map((width, block) =>
      block === 0
        ? new OptimizedDBlock(data.shape[0]!, width, "batch")
        : new DBlock(widths[block - 1]!, width, { downsample: block < halvings, norm: "batch" }),
    ),
    new nn.BatchNorm2d(widths.at(-1)!),
    new nn.ReLU(),
    new nn.Flatten(),
    xavierLinear(widths.at(-1)! * side * side, output, { bias: stochastic }),
    // Brings deterministic latents to the scale of the prior, as the encoder of the dcgan family does.
    ...(stochastic ? [] : [new nn.BatchNorm1d(output)]),
  );
  return new BodyEncoder(request, body);
}
