import { nn, type Tensor } from "@gantry/torch";
import type { PlainNorm } from "./generatorNorm.js";
import { xavierConv2d } from "./xavier.js";

export interface AutoganCellOptions {
  /** Of the cell's input and of the skips it takes. */
  upsampling: "nearest" | "bilinear";
  /** Cells before this one, each of which hands a map to it. */
  skips: number;
  /** Add conv1(up(input)) to the result. */
  shortcut: boolean;
  /** Makes the norms before both ReLUs; undefined for none. */
  norm: ((features: number) => PlainNorm) | undefined;
  /** Where the map that later cells take is tapped. Default code. */
  skipTap?: "code" | "figure" | undefined;
}

/**
 * A cell of AutoGAN's generators, which doubles the size: ReLU-up-conv3, plus conv1(up(skip)) of every earlier cell,
 * ReLU-conv3. The published code adds the skips in place, into the very map that it hands on to later cells (`code`); the
 * paper's figure taps before the addition (`figure`). The 1x1 convolutions come before their upsamplings here: the same
 * result for less work. Source: Gong et al. 2019; VITA-Group/AutoGAN, models/building_blocks.py.
 */
export class AutoganCell extends nn.Module {
  readonly norm1: PlainNorm | undefined;
  readonly conv1: nn.Conv2d;
  readonly skips: readonly nn.Conv2d[];
  readonly norm2: PlainNorm | undefined;
  readonly conv2: nn.Conv2d;
  readonly shortcut: nn.Conv2d | undefined;
  readonly #mode: "nearest" | "bilinear";
  readonly #tap: "code" | "figure";

  constructor(width: number, options: AutoganCellOptions) {
    super();
    this.#mode = options.upsampling;
    this.#tap = options.skipTap ?? "code";
    const norm = () => options.norm?.(width);
    const pointwise = () => xavierConv2d(width, width, { kernelSize: 1 });
    this.norm1 = norm();
    this.conv1 = xavierConv2d(width, width, { kernelSize: 3 });
    this.skips = Array.from({ length: options.skips }, pointwise);
    this.norm2 = norm();
    this.conv2 = xavierConv2d(width, width, { kernelSize: 3 });
    this.shortcut = options.shortcut ? pointwise() : undefined;
  }

  #resize(map: Tensor, side: number): Tensor {
    return this.#mode === "nearest"
      ? map.upsampleNearest2d([side, side])
      : map.upsampleBilinear2d([side, side], false);
  }

  /**
   * @param skips what the earlier cells handed on, N,width,h,w each
   * @returns the result, and what later cells take
   */
  forward(input: Tensor, skips: readonly Tensor[]): { output: Tensor; skip: Tensor } {
    const side = 2 * input.size(2);
    const active = this.norm1?.activated(input, 0) ?? input.relu();
    const first = this.conv1.forward(this.#resize(active, side));
    const sum = this.skips.reduce(
      (map, conv, i) => map.add(this.#resize(conv.forward(skips[i] as Tensor), side)),
      first,
    );
    const hidden = this.conv2.forward(this.norm2?.activated(sum, 0) ?? sum.relu());
    const output =
      this.shortcut === undefined ? hidden : hidden.add(this.#resize(this.shortcut.forward(input), side));
    return { output, skip: this.#tap === "code" ? sum : first };
  }
}
