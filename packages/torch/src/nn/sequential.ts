import type { Tensor } from "../tensor.js";
import { Layer, type Member } from "./module.js";

/** Layers one after the other. In a state they are `0`, `1`, ... as in PyTorch. */
export class Sequential extends Layer {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  protected override *members(): Iterable<readonly [string, Member]> {
    for (const [name, member] of super.members()) yield [name.replace(/^layers\./, ""), member];
  }

  forward(input: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), input);
  }
}
