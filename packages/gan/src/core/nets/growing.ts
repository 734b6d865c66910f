import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";

/**
 * How far a network that grows has still to go: 0 for its whole size, 1 for half of it, 2 for a quarter; between two, a share
 * of the smaller one is blended in. It is saved with the network, so that a checkpoint makes images of the size it had reached.
 * Source: Karras et al. 2018 (ProGAN), section 2: their level of detail.
 */
export class Growth extends nn.Module {
  readonly level: nn.Buffer;
  /** What the training said last; the buffer, which may be on a device, need not be read then. */
  #set: number | undefined;

  constructor() {
    super();
    this.level = scope(() => nn.buffer(torch.zeros([])));
  }

  /** Sizes that are left out whole, and the share of the next smaller one. */
  get now(): { halvings: number; share: number } {
    const level = this.#set ?? scope(() => this.level.item());
    const halvings = Math.floor(level);
    return { halvings, share: level - halvings };
  }

  protected override prepareLoad(): void {
    this.#set = undefined;
  }

  set(level: number): void {
    this.#set = level;
    noGrad(() => this.level.fill_(level));
  }
}

/** What does not grow stands at its whole size. */
export const standing = (growth: Growth | undefined): { halvings: number; share: number } =>
  growth?.now ?? { halvings: 0, share: 0 };

/** a, with a share of b. */
export const blend = (a: Tensor, b: Tensor, share: number): Tensor => a.add(b.sub(a).mul(share));

const doubling = new nn.Upsample();

/** N,C,H,W to so many times twice the size, each pixel repeated. */
export function enlarged(image: Tensor, times: number): Tensor {
  let large = image;
  for (let i = 0; i < times; i++) large = doubling.forward(large);
  return large;
}

/** N,C,H,W to so many times half the size, by means of 2x2. */
export function shrunk(image: Tensor, times: number): Tensor {
  let small = image;
  for (let i = 0; i < times; i++) small = nn.halved(small);
  return small;
}
