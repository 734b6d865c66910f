import { nn } from "@gantry/torch";

/** A square convolution that keeps the size of its map, its weights Xavier-uniform and its biases PyTorch's. */
export function xavierConv2d(
  inputs: number,
  outputs: number,
  { kernelSize, gain = 1, ...options }: { kernelSize: 1 | 3; gain?: number } & nn.WeightOptions,
): nn.Conv2d {
  const padding = (kernelSize - 1) / 2;
  const layer = new nn.Conv2d(inputs, outputs, { kernelSize, padding, ...options });
  nn.init.xavierUniform_(layer.weight, gain);
  return layer;
}

/** A linear layer, its weights Xavier-uniform with gain 1 and its biases PyTorch's. */
export function xavierLinear(inputs: number, outputs: number, options?: nn.WeightOptions): nn.Linear {
  const layer = new nn.Linear(inputs, outputs, options);
  nn.init.xavierUniform_(layer.weight);
  return layer;
}
