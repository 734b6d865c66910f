import { type ArrayValue, flattenStateDict, type NamedArrays, type PthValue } from "@gantry/formats";
import { scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../errors.js";
import { FULL_CHANNELS, RESNET_PLANS } from "../nets/families/resnet.js";
import type { ResNetPlan } from "../nets/residual/plan.js";

export interface MimicryOptions {
  /** Side of the images; needed for the discriminators of 48 and 64 pixels, which hold the same tensors. */
  readonly size?: number | undefined;
  /** Named in errors. */
  readonly file?: string | undefined;
}

/** A network of the public code, ready for Gantry's `resnet` family. */
export interface ConvertedNetwork {
  readonly role: "generator" | "discriminator";
  /** Side of its images. */
  readonly size: number;
  readonly classes: number | undefined;
  /** Length of its latents; undefined for discriminators. */
  readonly latentSize: number | undefined;
  /** The settings of `net` with which the network computes what it did in the public code. */
  readonly net: {
    readonly family: "resnet";
    readonly channels: number;
    readonly upsampling: "bilinear";
    readonly shortcutActivation: "public";
    readonly discriminatorNorm: "spectral" | "none";
    readonly pooling: "sum" | "mean";
  };
  /** Terms whose heads are in the state, with the options that give the heads their shapes. */
  readonly terms: {
    readonly infomax?: { readonly criticUnits: number };
    readonly rotation?: Readonly<Record<string, never>>;
  };
  /** Generator steps trained; undefined when the file does not say. */
  readonly step: number | undefined;
  /** Parameters and buffers by Gantry's names. */
  readonly state: NamedArrays;
}

/**
 * Converts a checkpoint of kwotsin/mimicry (gan, sngan, ssgan, infomax_gan, cgan_pd and wgan_gp of 32, 48, 64 and 128
 * pixels), bare or wrapped with its optimizer, so that in evaluation the network computes what it did there. Its own
 * spectral norm (`sn_u`) takes one more power iteration in every evaluation without keeping it; here that iteration is
 * taken once, in the conversion. torch.nn.utils.spectral_norm's vectors are kept as they are.
 *
 * @param value what readPth() read
 * @throws UsageError for other networks, naming the first tensor that does not fit, and where the size must be given
 */
export function convertMimicry(value: PthValue, options: MimicryOptions = {}): ConvertedNetwork {
  const wrapped = value instanceof Map ? value.get("model_state_dict") : undefined;
  const arrays = flattenStateDict(wrapped ?? value, options.file);
  const step = value instanceof Map && wrapped !== undefined ? value.get("global_step") : undefined;
  const where = options.file ?? "the checkpoint";
  const refuse = (problem: string): never => {
    throw new UsageError(`${where} ${problem}; convert reads the networks of kwotsin/mimicry`);
  };
  const role = arrays.has("l1.weight") ? "generator" : "discriminator";
  const rename = role === "generator" ? renameGenerator : discriminatorRenamer(arrays);
  const renamed: NamedArrays = new Map();
  for (const [name, array] of arrays) {
    const to = rename(name);
    if (to === undefined) return refuse(`has a tensor '${name}' that is none of its ${role}'s`);
    renamed.set(to, array);
  }
  const state = convertSpectralNorm(renamed);
  const shape = (name: string): readonly number[] =>
    (state.get(`${name}.weight`) ?? state.get(`${name}.weight_orig`))?.shape ?? refuse(`has no ${name}`);
  const blocks = new Set([...state.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  const widths = Array.from({ length: blocks }, (_, block) => shape(`blocks.${block}.conv2`)[0] ?? 0);
  if (role === "generator") widths.unshift(shape("blocks.0.conv1")[1] ?? 0);

  const fits = Object.entries(RESNET_PLANS).filter(
    ([, plan]) => channelsOf(plan[role], widths) !== undefined,
  );
  const sizes = fits
    .filter(
      ([, plan]) =>
        role === "discriminator" || shape("linear")[0] === (widths[0] ?? 0) * plan.base * plan.base,
    )
    .map(([size]) => Number(size));
  if (options.size !== undefined && !sizes.includes(options.size))
    return refuse(
      sizes.length === 0
        ? `has widths of ${widths.join(", ")}, which no size has`
        : `holds a ${role} of ${sizes.join(" or ")} pixels, not of ${options.size}`,
    );
  const [only, ...more] = options.size === undefined ? sizes : [options.size];
  if (only === undefined) return refuse(`has widths of ${widths.join(", ")}, which no size has`);
  if (more.length > 0)
    throw new UsageError(`${where} fits images of ${sizes.join(" and of ")} pixels alike; give their size`);
  const spectral = [...state.keys()].some((name) => name.endsWith(".weight_u"));
  if (role === "generator" && spectral) return refuse("is a generator with spectral norm");
  // Of the networks there, only WGAN-GP's discriminators have no spectral norm, and only they take means.
  const plain = role === "discriminator" && !spectral;
  const criticUnits = state.get("heads.infomax.global.output.weight_orig")?.shape[0];
  return {
    role,
    size: only,
    classes: (
      state.get("blocks.0.norm1.embedding.weight") ??
      state.get("embedding.weight_orig") ??
      state.get("embedding.weight")
    )?.shape[0],
    latentSize: role === "generator" ? shape("linear")[1] : undefined,
    net: {
      family: "resnet",
      channels: channelsOf((RESNET_PLANS[only] as ResNetPlan)[role], widths) as number,
      upsampling: "bilinear",
      shortcutActivation: "public",
      discriminatorNorm: plain ? "none" : "spectral",
      pooling: plain ? "mean" : "sum",
    },
    terms: {
      ...(criticUnits === undefined ? {} : { infomax: { criticUnits } }),
      ...(arrays.has("l_y.bias") ? { rotation: {} } : {}),
    },
    step: typeof step === "number" || typeof step === "bigint" ? Number(step) : undefined,
    state,
  };
}

/** The `channels` that scale a plan's widths to these; undefined when none does. */
function channelsOf(plan: readonly number[], widths: readonly number[]): number | undefined {
  const channels = ((widths[0] ?? 0) * FULL_CHANNELS) / (plan[0] ?? 1);
  if (plan.length !== widths.length || channels < 2 || channels % 2 !== 0) return undefined;
  return plan.every((width, i) => width * channels === (widths[i] ?? 0) * FULL_CHANNELS)
    ? channels
    : undefined;
}

/** The parts of a block, by the public code's names. */
const PARTS: Readonly<Record<string, string>> = {
  b1: "norm1",
  b2: "norm2",
  c1: "conv1",
  c2: "conv2",
  c_sc: "shortcut",
};

/** `c_sc.weight` as `shortcut.weight`, `b1.embed.weight` as `norm1.embedding.weight`. */
function renamePart(name: string): string | undefined {
  const [part = "", ...rest] = name.split(".");
  const to = PARTS[part];
  if (to === undefined) return undefined;
  const inner = rest.map((word) => (word === "bn" ? "norm" : word === "embed" ? "embedding" : word));
  return [to, ...inner].join(".");
}

function inBlock(block: number, part: string): string | undefined {
  const to = renamePart(part);
  return to === undefined ? undefined : `blocks.${block}.${to}`;
}

/** The layers are numbered through: l1, block2, ..., then bN and cN with one number. */
function renameGenerator(name: string): string | undefined {
  const [, block, part] = /^block(\d+)\.(.+)$/.exec(name) ?? [];
  if (block !== undefined && part !== undefined) return inBlock(Number(block) - 2, part);
  const [, layer, rest] = /^(l1|b\d+|c\d+)\.(.+)$/.exec(name) ?? [];
  if (layer === undefined || rest === undefined) return undefined;
  return `${layer === "l1" ? "linear" : layer.startsWith("b") ? "norm" : "conv"}.${rest}`;
}

/** What the critics of InfoMax-GAN are called in the heads of Gantry's term. */
const CRITIC_LAYERS: Readonly<Record<string, string>> = { a: "hidden", b: "output", sc: "shortcut" };

/** The blocks are block1, ..., or in InfoMax-GAN local_feat_blocks.0, ..., and the last alone in global_feat_blocks. */
function discriminatorRenamer(arrays: NamedArrays): (name: string) => string | undefined {
  const names = [...arrays.keys()];
  const locals = names.map((name) => Number(/^local_feat_blocks\.(\d+)\./.exec(name)?.[1] ?? -1));
  const last = Math.max(-1, ...locals) + 1;
  // SSGAN's linear layer to rotations and the embedding of projection have one name; only the layer has a bias.
  const rotation = arrays.has("l_y.bias");
  return (name) => {
    const [, kind, number, part] =
      /^(block|local_feat_blocks\.|global_feat_blocks\.)(\d+)\.(.+)$/.exec(name) ?? [];
    if (part !== undefined) {
      const offset = kind === "block" ? -1 : kind === "local_feat_blocks." ? 0 : last;
      return inBlock(Number(number) + offset, part);
    }
    const [, layer, rest] = /^(l\d+|linear|l_y)\.(.+)$/.exec(name) ?? [];
    if (layer !== undefined)
      return `${layer !== "l_y" ? "last" : rotation ? "heads.rotation" : "embedding"}.${rest}`;
    const [, features, critic, tensor] = /^(local|global)_nrkhs_(a|b|sc)\.(.+)$/.exec(name) ?? [];
    return critic === undefined
      ? undefined
      : `heads.infomax.${features}.${CRITIC_LAYERS[critic] ?? critic}.${tensor}`;
  };
}

const tensorOf = ({ data, shape, dtype }: ArrayValue): Tensor => torch.fromBytes(data, shape, dtype);

/** Replaces `sn_u` and `sn_sigma` by the vectors whose u^T W v is the sigma that the public code evaluates with. */
function convertSpectralNorm(arrays: NamedArrays): NamedArrays {
  const state: NamedArrays = new Map();
  for (const [name, array] of arrays) {
    if (name.endsWith(".sn_sigma") || name.endsWith(".sn_u")) continue;
    const layer = name.replace(/\.weight$/, "");
    const before = layer === name ? undefined : arrays.get(`${layer}.sn_u`);
    if (before === undefined) {
      state.set(name, array);
      continue;
    }
    state.set(`${name}_orig`, array);
    scope(() => {
      const matrix = tensorOf(array).to({ dtype: "float64" }).flatten(1);
      const normalised = (vector: Tensor) => vector.div(vector.vectorNorm().clampMin(1e-12));
      const v = normalised(matrix.t().mv(tensorOf(before).to({ dtype: "float64" }).flatten()));
      const u = normalised(matrix.mv(v));
      const save = (vector: Tensor): ArrayValue => ({
        dtype: array.dtype,
        shape: [...vector.shape],
        data: vector.to({ dtype: array.dtype }).toBytes(),
      });
      state.set(`${name}_u`, save(u));
      state.set(`${name}_v`, save(v));
    });
  }
  return state;
}
