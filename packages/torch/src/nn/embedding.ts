import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { normal_ } from "./init.js";
import { Layer } from "./module.js";
import type { Parameter } from "./parameter.js";
import { emptyParameter } from "./weightLayer.js";

/** A learned vector for each of `count` symbols: int64 `[...] -> [..., features]`. Initialised N(0, 1). */
export class Embedding extends Layer {
  readonly weight: Parameter;

  constructor(count: number, features: number) {
    super();
    this.weight = normal_(emptyParameter([count, features]));
  }

  forward(input: Tensor): Tensor {
    return torch.embedding(this.weight, input);
  }
}
