/**
 * Anything LibTorch refuses, and anything refused before LibTorch is asked (a freed tensor, a wrong argument).
 * `message` names the operator and the shapes it was given.
 */
export class TorchError extends Error {
  override readonly name: string = "TorchError";
  /** `aten::add.Tensor`, or the name of the Gantry function. */
  readonly operator: string;
  /** Shapes and dtypes of the tensors passed, as `float32[2,3], float32[4]`; empty where there were none. */
  readonly shapes: string;

  constructor(problem: string, operator = "", shapes = "") {
    const where = operator === "" ? "" : `${operator}${shapes === "" ? "" : `(${shapes})`}: `;
    super(`${where}${problem}`);
    this.operator = operator;
    this.shapes = shapes;
  }
}

/** The native part is not there. `message` says what to do in three lines; in a clone, in one. */
export class NotBuiltError extends TorchError {
  override readonly name = "NotBuiltError";
}
