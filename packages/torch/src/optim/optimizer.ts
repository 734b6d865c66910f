import { noGrad } from "../autograd.js";
import { TorchError } from "../errors.js";
import { type Buffer, buffer, type Parameter } from "../nn/parameter.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";

/** What an optimizer remembers of each parameter. What is absent has not begun: 0 steps, moments of 0. */
export interface OptimizerState {
  /** Updates made, a parameter each. */
  readonly steps: readonly number[];
  /** By PyTorch's names (`exp_avg`), a tensor a parameter. */
  readonly tensors: ReadonlyMap<string, readonly (Tensor | undefined)[]>;
}

/** A state to save: tensors named `exp_avg.0` by parameter, numbers `step.0`, `learning_rate`. */
export interface OptimizerStateDict {
  readonly tensors: Map<string, Tensor>;
  readonly numbers: Record<string, number>;
}

/** A rule that changes parameters by gradients, which it takes as values. */
export interface Optimizer {
  readonly parameters: readonly Parameter[];
  /** May be changed at any time, as schedules do. */
  learningRate: number;

  /**
   * Changes the parameters in place.
   * @param gradients one a parameter; where undefined, the parameter and its step count stand still
   * @throws TorchError when counts or shapes disagree
   */
  step(gradients: readonly (Tensor | undefined)[]): void;

  /** The live tensors, and numbers. */
  stateDict(): OptimizerStateDict;

  /**
   * Continues from a state, copying its tensors.
   * @throws TorchError when it does not fit
   */
  loadStateDict(state: OptimizerStateDict): void;

  /**
   * What step() would make of the parameters, as new tensors that gradients flow through, to `parameters` and
   * `gradients` and, by the state, to earlier updates. The optimizer itself does not change.
   * @param gradients one a parameter; where undefined, the parameter and its state stay the same tensors
   * @param state of the last update; default the optimizer's own. `{ steps: [], tensors: new Map() }` starts anew.
   */
  differentiable(
    parameters: readonly Tensor[],
    gradients: readonly (Tensor | undefined)[],
    state?: OptimizerState,
  ): { parameters: Tensor[]; state: OptimizerState };

  /** Frees the state; the parameters stay. The next step begins anew. */
  dispose(): void;
}

/** What the rule of one optimizer works on in step(): aligned lists, without the skipped parameters. */
export interface Updated {
  readonly parameters: readonly Tensor[];
  readonly gradients: readonly Tensor[];
  /** Places in the optimizer's own list. */
  readonly indices: readonly number[];
  /** Counts that include this update. */
  readonly steps: readonly number[];
}

/** One parameter's part of differentiable(). */
export interface Single {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** Includes this update. */
  readonly step: number;
  /** State by name; undefined before the first update. */
  readonly state: (name: string) => Tensor | undefined;
}

/** The bookkeeping every optimizer shares; a subclass is its rule, twice: in place over lists, and pure over one. */
export abstract class RuleOptimizer implements Optimizer {
  readonly parameters: readonly Parameter[];
  learningRate: number;
  readonly #steps: number[];
  readonly #tensors = new Map<string, (Buffer | undefined)[]>();

  constructor(parameters: readonly Parameter[], learningRate: number) {
    if (new Set(parameters).size !== parameters.length)
      throw new TorchError("a parameter occurs twice", this.constructor.name);
    if (!(learningRate >= 0))
      throw new TorchError(
        `the learning rate must not be negative, got ${learningRate}`,
        this.constructor.name,
      );
    this.parameters = [...parameters];
    this.learningRate = learningRate;
    this.#steps = parameters.map(() => 0);
  }

  /** Names of the state's tensors. */
  protected abstract readonly names: readonly string[];

  protected abstract update(updated: Updated): void;

  protected abstract updateOne(single: Single): { parameter: Tensor; state: Record<string, Tensor> };

  /** The state `name` of some parameters, made by `initial` where there is none. */
  protected stateOf(name: string, indices: readonly number[], initial: (index: number) => Tensor): Tensor[] {
    let list = this.#tensors.get(name);
    if (list === undefined) {
      list = this.parameters.map(() => undefined);
      this.#tensors.set(name, list);
    }
    const all = list;
    return indices.map((index) => {
      all[index] ??= buffer(initial(index));
      return all[index];
    });
  }

  /** stateOf() beginning with zeros. */
  protected zeroStateOf(name: string, indices: readonly number[]): Tensor[] {
    return this.stateOf(name, indices, (index) => (this.parameters[index] as Parameter).zerosLike());
  }

  step(gradients: readonly (Tensor | undefined)[]): void {
    this.#checkCount(gradients.length);
    const indices: number[] = [];
    for (const [index, gradient] of gradients.entries()) {
      if (gradient === undefined) continue;
      this.#checkShape(index, gradient);
      indices.push(index);
    }
    if (indices.length === 0) return;
    for (const index of indices) this.#steps[index] = (this.#steps[index] ?? 0) + 1;
    noGrad(() =>
      scope(() => {
        this.update({
          parameters: indices.map((index) => this.parameters[index] as Parameter),
          gradients: indices.map((index) => gradients[index] as Tensor),
          indices,
          steps: indices.map((index) => this.#steps[index] as number),
        });
      }),
    );
  }

  differentiable(
    parameters: readonly Tensor[],
    gradients: readonly (Tensor | undefined)[],
    state: OptimizerState = { steps: this.#steps, tensors: this.#tensors },
  ): { parameters: Tensor[]; state: OptimizerState } {
    this.#checkCount(parameters.length);
    this.#checkCount(gradients.length);
    const steps = parameters.map((_, index) => state.steps[index] ?? 0);
    const updated = [...parameters];
    const tensors = new Map<string, (Tensor | undefined)[]>();
    // A copy where the tensor is the optimizer's own: later steps must not change what the graph has saved.
    for (const name of this.names)
      tensors.set(
        name,
        parameters.map((_, index) => {
          const before = state.tensors.get(name)?.[index];
          return before !== undefined && before === this.#tensors.get(name)?.[index]
            ? before.clone()
            : before;
        }),
      );
    for (const [index, parameter] of parameters.entries()) {
      this.#checkShape(index, parameter);
      const gradient = gradients[index];
      if (gradient === undefined) continue;
      this.#checkShape(index, gradient);
      const step = (steps[index] as number) + 1;
      const before = (name: string) => tensors.get(name)?.[index];
      const found = this.updateOne({ parameter, gradient, step, state: before });
      steps[index] = step;
      updated[index] = found.parameter;
      for (const [name, tensor] of Object.entries(found.state))
        (tensors.get(name) as (Tensor | undefined)[])[index] = tensor;
    }
    return { parameters: updated, state: { steps, tensors } };
  }

  stateDict(): OptimizerStateDict {
    const tensors = new Map<string, Tensor>();
    for (const [name, list] of this.#tensors)
      for (const [index, tensor] of list.entries())
        if (tensor !== undefined) tensors.set(`${name}.${index}`, tensor);
    const numbers: Record<string, number> = { learning_rate: this.learningRate };
    for (const [index, step] of this.#steps.entries()) numbers[`step.${index}`] = step;
    return { tensors, numbers };
  }

  loadStateDict(state: OptimizerStateDict): void {
    const { tensors, numbers } = state;
    const where = this.constructor.name;
    const learningRate = numbers.learning_rate;
    if (learningRate === undefined) throw new TorchError("the state has no learning_rate", where);
    const steps = this.parameters.map((_, index) => numbers[`step.${index}`]);
    if (steps.includes(undefined) || numbers[`step.${steps.length}`] !== undefined)
      throw new TorchError(`the state is not of ${steps.length} parameters`, where);
    const places: [string, number, Tensor][] = [];
    for (const [key, tensor] of tensors) {
      const [, name = "", digits = ""] = /^(\w+)\.(\d+)$/.exec(key) ?? [];
      const index = Number(digits);
      if (!this.names.includes(name) || this.parameters[index] === undefined)
        throw new TorchError(`the state's '${key}' is unknown here`, where);
      this.#checkShape(index, tensor);
      places.push([name, index, tensor]);
    }
    noGrad(() =>
      scope(() => {
        for (const list of this.#tensors.values())
          for (const [index, tensor] of list.entries())
            if (tensor !== undefined && !places.some(([, i, given]) => i === index && given === tensor)) {
              tensor.dispose();
              list[index] = undefined;
            }
        for (const [name, index, tensor] of places) {
          const [own] = this.zeroStateOf(name, [index]);
          if (own !== tensor) own?.copy_(tensor);
        }
      }),
    );
    this.learningRate = learningRate;
    for (const [index, step] of steps.entries()) this.#steps[index] = step as number;
  }

  dispose(): void {
    for (const list of this.#tensors.values()) for (const tensor of list) tensor?.dispose();
    this.#tensors.clear();
    this.#steps.fill(0);
  }

  #checkCount(count: number): void {
    if (count !== this.parameters.length)
      throw new TorchError(
        `${count} tensors for ${this.parameters.length} parameters`,
        this.constructor.name,
      );
  }

  #checkShape(index: number, tensor: Tensor): void {
    const parameter = this.parameters[index] as Parameter;
    if (tensor.shape.join() !== parameter.shape.join())
      throw new TorchError(
        `tensor ${index} does not have its parameter's shape`,
        this.constructor.name,
        `${parameter}, ${tensor}`,
      );
  }
}
