import { type NamedArrays, toFloat32 } from "@gantry/formats";
import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../../../core/base/errors.js";
import { type InceptionInput, inceptionInputs } from "./inceptionInput.js";

/** Kernel of a convolution: [height, width]. */
type Kernel = readonly [number, number];

interface Convolution {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: Kernel;
  readonly stride: 1 | 2;
  readonly padding: Kernel;
}

const CLASSES = 1008;
const FEATURES = 2048;
/** TensorFlow's own; PyTorch's default is 1e-5. */
const EPSILON = 1e-3;

/** Every convolution by its name in the weights' file. */
const CONVOLUTIONS: ReadonlyMap<string, Convolution> = describeConvolutions();

function describeConvolutions(): Map<string, Convolution> {
  const all = new Map<string, Convolution>();
  /** Kernels keep the size of the map where they do not stride and are not `valid`. */
  const add = (
    name: string,
    inputs: number,
    outputs: number,
    kernel: number | Kernel,
    { stride = 1, valid = stride === 2 }: { stride?: 1 | 2; valid?: boolean } = {},
  ): void => {
    const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
    const padding: Kernel = valid ? [0, 0] : [(height - 1) / 2, (width - 1) / 2];
    all.set(name, { inputs, outputs, kernel: [height, width], stride, padding });
  };
  const [across, down]: [Kernel, Kernel] = [
    [1, 7],
    [7, 1],
  ];
  add("Conv2d_1a_3x3", 3, 32, 3, { stride: 2 });
  add("Conv2d_2a_3x3", 32, 32, 3, { valid: true });
  add("Conv2d_2b_3x3", 32, 64, 3);
  add("Conv2d_3b_1x1", 64, 80, 1);
  add("Conv2d_4a_3x3", 80, 192, 3, { valid: true });
  for (const [block, inputs, pooled] of [
    ["Mixed_5b", 192, 32],
    ["Mixed_5c", 256, 64],
    ["Mixed_5d", 288, 64],
  ] as const) {
    add(`${block}.branch1x1`, inputs, 64, 1);
    add(`${block}.branch5x5_1`, inputs, 48, 1);
    add(`${block}.branch5x5_2`, 48, 64, 5);
    add(`${block}.branch3x3dbl_1`, inputs, 64, 1);
    add(`${block}.branch3x3dbl_2`, 64, 96, 3);
    add(`${block}.branch3x3dbl_3`, 96, 96, 3);
    add(`${block}.branch_pool`, inputs, pooled, 1);
  }
  add("Mixed_6a.branch3x3", 288, 384, 3, { stride: 2 });
  add("Mixed_6a.branch3x3dbl_1", 288, 64, 1);
  add("Mixed_6a.branch3x3dbl_2", 64, 96, 3);
  add("Mixed_6a.branch3x3dbl_3", 96, 96, 3, { stride: 2 });
  for (const [block, width] of [
    ["Mixed_6b", 128],
    ["Mixed_6c", 160],
    ["Mixed_6d", 160],
    ["Mixed_6e", 192],
  ] as const) {
    add(`${block}.branch1x1`, 768, 192, 1);
    add(`${block}.branch7x7_1`, 768, width, 1);
    add(`${block}.branch7x7_2`, width, width, across);
    add(`${block}.branch7x7_3`, width, 192, down);
    add(`${block}.branch7x7dbl_1`, 768, width, 1);
    add(`${block}.branch7x7dbl_2`, width, width, down);
    add(`${block}.branch7x7dbl_3`, width, width, across);
    add(`${block}.branch7x7dbl_4`, width, width, down);
    add(`${block}.branch7x7dbl_5`, width, 192, across);
    add(`${block}.branch_pool`, 768, 192, 1);
  }
  add("Mixed_7a.branch3x3_1", 768, 192, 1);
  add("Mixed_7a.branch3x3_2", 192, 320, 3, { stride: 2 });
  add("Mixed_7a.branch7x7x3_1", 768, 192, 1);
  add("Mixed_7a.branch7x7x3_2", 192, 192, across);
  add("Mixed_7a.branch7x7x3_3", 192, 192, down);
  add("Mixed_7a.branch7x7x3_4", 192, 192, 3, { stride: 2 });
  for (const [block, inputs] of [
    ["Mixed_7b", 1280],
    ["Mixed_7c", 2048],
  ] as const) {
    add(`${block}.branch1x1`, inputs, 320, 1);
    add(`${block}.branch3x3_1`, inputs, 384, 1);
    add(`${block}.branch3x3_2a`, 384, 384, [1, 3]);
    add(`${block}.branch3x3_2b`, 384, 384, [3, 1]);
    add(`${block}.branch3x3dbl_1`, inputs, 448, 1);
    add(`${block}.branch3x3dbl_2`, 448, 384, 3);
    add(`${block}.branch3x3dbl_3a`, 384, 384, [1, 3]);
    add(`${block}.branch3x3dbl_3b`, 384, 384, [3, 1]);
    add(`${block}.branch_pool`, inputs, 192, 1);
  }
  return all;
}

/** Names and shapes of the tensors in the weights' file, 472 of them. */
export function inceptionShapes(): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  for (const [name, { inputs, outputs, kernel }] of CONVOLUTIONS) {
    shapes.set(`${name}.conv.weight`, [outputs, inputs, ...kernel]);
    for (const part of ["weight", "bias", "running_mean", "running_var"])
      shapes.set(`${name}.bn.${part}`, [outputs]);
  }
  shapes.set("fc.weight", [CLASSES, FEATURES]);
  shapes.set("fc.bias", [CLASSES]);
  return shapes;
}

/** What the network can give for an image, by torch-fidelity's names, with its length. */
export const INCEPTION_FEATURES = {
  /** After the first pooling, averaged over the map. */
  "64": 64,
  /** After the second pooling, averaged over the map. */
  "192": 192,
  /** After Mixed_6e, averaged over the map. */
  "768": 768,
  /** What the last layer reads: FID, KID and neighbours use it. */
  "2048": FEATURES,
  /** The last layer without its bias: the Inception Score uses it. */
  logits_unbiased: CLASSES,
  logits: CLASSES,
} as const;

export type InceptionFeature = keyof typeof INCEPTION_FEATURES;

/**
 * Inception-v3 as FID is defined by it: TensorFlow's network of 2015-12-05, of 1008 outputs. It is not torchvision's:
 * average pools leave the padding out of the mean, the pool of Mixed_7c is a max pool, batch norm has epsilon 1e-3, and
 * images of any size are, unless told otherwise, resized by TensorFlow 1's bilinear rule and scaled by (x - 128) / 128.
 * Batch norm is multiplied into the convolutions when the weights are loaded, which the results show by rounding only.
 *
 * Source: Szegedy et al. 2015; toshas/torch-fidelity's feature_extractor_inceptionv3.py, mseitzer/pytorch-fid.
 */
export class Inception {
  readonly #convolutions = new Map<string, { weight: Tensor; bias: Tensor }>();
  readonly #weight: Tensor;
  readonly #bias: Tensor;
  readonly #input: InceptionInput;

  /**
   * @param state as in `pt_inception-2015-12-05-6726825d.pth`; counts of batches (`num_batches_tracked`) are ignored
   * @param input how images come to its size
   * @throws {UsageError} naming what is missing, unknown or of another shape
   */
  constructor(state: NamedArrays, input: InceptionInput = "tensorflow") {
    this.#input = input;
    const shapes = inceptionShapes();
    const problems = [...shapes].flatMap(([name, shape]) => {
      const given = state.get(name);
      if (given === undefined) return [`${name} is missing`];
      return given.shape.join() === shape.join() ? [] : [`${name} is [${given.shape}], not [${shape}]`];
    });
    for (const name of state.keys())
      if (!shapes.has(name) && !name.endsWith(".num_batches_tracked")) problems.push(`${name} is unknown`);
    if (problems.length > 0) {
      const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
      throw new UsageError(`these are not Inception's weights: ${problems.slice(0, 5).join("; ")}${more}`);
    }
    const read = (name: string): Tensor =>
      torch.fromTypedArray(toFloat32(state.get(name)!), shapes.get(name)!);
    noGrad(() => {
      for (const name of CONVOLUTIONS.keys()) {
        const folded = scope(() => {
          const exact = (part: string): Tensor => read(`${name}.${part}`).to({ dtype: "float64" });
          const scale = exact("bn.weight").div(exact("bn.running_var").add(EPSILON).sqrt());
          const weight = exact("conv.weight").mul(scale.reshape([-1, 1, 1, 1]));
          return {
            weight: weight.to({ dtype: "float32", memoryFormat: "channelsLast" }),
            bias: exact("bn.bias").sub(exact("bn.running_mean").mul(scale)).to({ dtype: "float32" }),
          };
        });
        this.#convolutions.set(name, folded);
      }
    });
    this.#weight = read("fc.weight");
    this.#bias = read("fc.bias");
  }

  #convolve(input: Tensor, name: string): Tensor {
    const { weight, bias } = this.#convolutions.get(name)!;
    const { stride, padding } = CONVOLUTIONS.get(name)!;
    return torch.conv2d(input, weight, bias, stride, padding).relu_();
  }

  /** Convolutions one after the other. */
  #chain(input: Tensor, block: string, names: readonly string[]): Tensor {
    return names.reduce((value, name) => this.#convolve(value, `${block}.${name}`), input);
  }

  /** Blocks of the 35 x 35 maps. */
  #blockA(x: Tensor, block: string): Tensor {
    return torch.cat(
      [
        this.#chain(x, block, ["branch1x1"]),
        this.#chain(x, block, ["branch5x5_1", "branch5x5_2"]),
        this.#chain(x, block, ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]),
        this.#chain(averagePool(x), block, ["branch_pool"]),
      ],
      1,
    );
  }

  /** To 17 x 17. */
  #blockB(x: Tensor): Tensor {
    return torch.cat(
      [
        this.#chain(x, "Mixed_6a", ["branch3x3"]),
        this.#chain(x, "Mixed_6a", ["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"]),
        x.maxPool2d(3, 2),
      ],
      1,
    );
  }

  /** Blocks of the 17 x 17 maps. */
  #blockC(x: Tensor, block: string): Tensor {
    return torch.cat(
      [
        this.#chain(x, block, ["branch1x1"]),
        this.#chain(x, block, ["branch7x7_1", "branch7x7_2", "branch7x7_3"]),
        this.#chain(
          x,
          block,
          [1, 2, 3, 4, 5].map((i) => `branch7x7dbl_${i}`),
        ),
        this.#chain(averagePool(x), block, ["branch_pool"]),
      ],
      1,
    );
  }

  /** To 8 x 8. */
  #blockD(x: Tensor): Tensor {
    return torch.cat(
      [
        this.#chain(x, "Mixed_7a", ["branch3x3_1", "branch3x3_2"]),
        this.#chain(
          x,
          "Mixed_7a",
          [1, 2, 3, 4].map((i) => `branch7x7x3_${i}`),
        ),
        x.maxPool2d(3, 2),
      ],
      1,
    );
  }

  /** Blocks of the 8 x 8 maps; they differ in how they pool. */
  #blockE(x: Tensor, block: string, pooled: Tensor): Tensor {
    const wide = this.#chain(x, block, ["branch3x3_1"]);
    const deep = this.#chain(x, block, ["branch3x3dbl_1", "branch3x3dbl_2"]);
    return torch.cat(
      [
        this.#chain(x, block, ["branch1x1"]),
        this.#chain(wide, block, ["branch3x3_2a"]),
        this.#chain(wide, block, ["branch3x3_2b"]),
        this.#chain(deep, block, ["branch3x3dbl_3a"]),
        this.#chain(deep, block, ["branch3x3dbl_3b"]),
        this.#chain(pooled, block, ["branch_pool"]),
      ],
      1,
    );
  }

  /**
   * @param images uint8 N,3,H,W of any size
   * @param wanted computed no further than the last of these needs
   * @returns float32, one row an image
   */
  features<Name extends InceptionFeature>(images: Tensor, wanted: readonly Name[]): Record<Name, Tensor> {
    return noGrad(() =>
      scope(() => {
        const found = new Map<InceptionFeature, Tensor>();
        const missing = new Set<InceptionFeature>(wanted);
        const give = (name: InceptionFeature, value: () => Tensor): boolean => {
          if (missing.delete(name)) found.set(name, value());
          return missing.size === 0;
        };
        this.#run(images, give);
        return Object.fromEntries(found) as Record<Name, Tensor>;
      }),
    );
  }

  /** Offers each feature on the way to `give`, and stops where it says so. Maps are freed as soon as they are used. */
  #run(images: Tensor, give: (name: InceptionFeature, value: () => Tensor) => boolean): void {
    // Each step's own intermediate maps end with it: at 299 x 299 they would fill gigabytes.
    let map: Tensor | undefined;
    const step = (compute: (from: Tensor) => Tensor): Tensor => {
      const before = map;
      map = scope(() => compute(before ?? images));
      before?.dispose();
      return map;
    };
    const averaged = (from: Tensor) => (): Tensor => from.mean([2, 3]);
    step((x) =>
      inceptionInputs[this.#input]
        .apply(x.to({ dtype: "float32" }))
        .contiguous({ memoryFormat: "channelsLast" }),
    );
    step((x) => this.#convolve(x, "Conv2d_1a_3x3"));
    step((x) => this.#convolve(x, "Conv2d_2a_3x3"));
    step((x) => this.#convolve(x, "Conv2d_2b_3x3").maxPool2d(3, 2));
    if (give("64", averaged(map!))) return;
    step((x) => this.#convolve(x, "Conv2d_3b_1x1"));
    step((x) => this.#convolve(x, "Conv2d_4a_3x3").maxPool2d(3, 2));
    if (give("192", averaged(map!))) return;
    for (const block of ["Mixed_5b", "Mixed_5c", "Mixed_5d"]) step((x) => this.#blockA(x, block));
    step((x) => this.#blockB(x));
    for (const block of ["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"]) step((x) => this.#blockC(x, block));
    if (give("768", averaged(map!))) return;
    step((x) => this.#blockD(x));
    step((x) => this.#blockE(x, "Mixed_7b", averagePool(x)));
    step((x) => this.#blockE(x, "Mixed_7c", x.maxPool2d(3, 1, 1)));
    const pooled = averaged(map!)();
    if (give("2048", () => pooled)) return;
    const unbiased = pooled.mm(this.#weight.t());
    if (give("logits_unbiased", () => unbiased)) return;
    give("logits", () => unbiased.add(this.#bias));
  }

  dispose(): void {
    for (const { weight, bias } of this.#convolutions.values()) {
      weight.dispose();
      bias.dispose();
    }
    this.#weight.dispose();
    this.#bias.dispose();
  }
}

/** 3 x 3, same size, the padding no part of the mean: what TensorFlow does. */
function averagePool(x: Tensor): Tensor {
  return x.avgPool2d(3, 1, 1, false, false);
}
