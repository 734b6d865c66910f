import { discard } from "../runtime.js";
import type { Tensor } from "../tensor.js";
import { LeakyReLU, ReLU } from "./activations.js";
import { BatchNorm } from "./batchNorm.js";
import { Layer, type Member } from "./module.js";
import { WeightLayer } from "./weightLayer.js";

/** The slope below zero of an activation that a batch norm takes along; undefined for any other layer. */
function slopeOf(layer: Layer | undefined): number | undefined {
  if (layer instanceof LeakyReLU) return layer.negativeSlope;
  return layer instanceof ReLU ? 0 : undefined;
}

/**
 * Layers one after the other; a batch norm and the ReLU or LeakyReLU behind it at once, and one behind a layer of weights, of
 * whose output nothing else needs to know, in place. Within a scope, what is passed from one layer to the next is freed at once: a
 * layer that remembers its input keep()s it. In a state they are `0`, `1`, ... as in PyTorch.
 */
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
    let value = input;
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i] as Layer;
      const slope = slopeOf(this.layers[i + 1]);
      const activates = layer instanceof BatchNorm || layer instanceof WeightLayer;
      const both = activates && slope !== undefined;
      const next = both ? layer.activated(value, slope) : layer.forward(value);
      if (both) i++;
      if (value !== input && value !== next) discard(value);
      value = next;
    }
    return value;
  }
}
