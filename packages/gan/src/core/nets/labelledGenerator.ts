import type { nn, Tensor } from "@gantry/torch";
import { Generator } from "./contract.js";
import type { NetRequest } from "./family.js";
import { besideReference } from "./layers/generatorNorm.js";
import { labelledLatent } from "./layers/labelled.js";
import type { Prior } from "./prior.js";

/** A generator whose first layer reads the latent, beside it its class where there are any, and whose norms may be virtual. */
export abstract class LabelledGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override readonly classes: number | undefined;
  /** Of virtual batch norm: the reference batch of what the first layer reads, drawn once, when all layers are made. */
  abstract readonly reference: nn.Buffer | undefined;

  constructor({ data, prior, classes }: NetRequest) {
    super();
    this.prior = prior;
    this.outputShape = data.shape;
    this.classes = classes;
  }

  /** Numbers that the first layer reads. */
  protected get inputs(): number {
    return this.prior.size + (this.classes ?? 0);
  }

  /** Images of what the first layer reads, N,inputs. */
  protected abstract make(input: Tensor): Tensor;

  forward(latent: Tensor, label?: Tensor): Tensor {
    const input = labelledLatent(latent, label, this.classes);
    return besideReference(this.reference, input, (all) => this.make(all));
  }
}
