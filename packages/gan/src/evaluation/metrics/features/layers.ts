import { nn, type Tensor } from "@gantry/torch";

/** Max pooling over 2 x 2. */
export class MaxPool extends nn.Layer {
  forward(input: Tensor): Tensor {
    return input.maxPool2d(2, 2);
  }
}

/** N,C,H,W to N,C: the mean over the map. */
export class GlobalMean extends nn.Layer {
  forward(input: Tensor): Tensor {
    return input.mean([2, 3]);
  }
}

/** 3 x 3 convolution, batch norm, ReLU. */
export function convolutionBlock(inputs: number, outputs: number, stride: 1 | 2 = 1): nn.Layer[] {
  return [
    new nn.Conv2d(inputs, outputs, { kernelSize: 3, stride, padding: 1, bias: false }),
    new nn.BatchNorm2d(outputs),
    new nn.ReLU(),
  ];
}
