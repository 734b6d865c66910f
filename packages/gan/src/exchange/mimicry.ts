import {
  FormatError,
  flattenStateDict,
  isArrayValue,
  type NamedArrays,
  PickleObject,
  type PthValue,
  toFloat32,
  viewTyped,
} from "@gantry/formats";
import { UsageError } from "../core/base/errors.js";
import { FULL_CHANNELS, RESNET_PLANS } from "../core/nets/families/resnet.js";
import { discriminatorRenamer, renameGenerator } from "./mimicryNames.js";
import { convertSpectralNorm } from "./mimicrySpectralNorm.js";

/** The methods of kwotsin/mimicry, as its modules are called; `dcgan-cifar` is the one of dcgan_cifar.py. */
const MIMICRY_METHODS = [
  "dcgan",
  "dcgan-cifar",
  "wgan-gp",
  "sngan",
  "ssgan",
  "infomax-gan",
  "cgan-pd",
  "sagan",
] as const;

export type MimicryMethod = (typeof MIMICRY_METHODS)[number];

export interface MimicryOptions {
  /** Side of the images; needed for the discriminators of 48 and 64 pixels that hold the same tensors. */
  readonly size?: number | undefined;
  /** The method; needed where several have the same tensors and compute differently with them. */
  readonly method?: MimicryMethod | undefined;
  /** Named in errors. */
  readonly file?: string | undefined;
}

/** A network of the public code, ready for Gantry's `resnet` family. */
export interface ConvertedNetwork {
  readonly role: "generator" | "discriminator";
  /** The methods whose networks hold these tensors and compute this with them. */
  readonly methods: readonly MimicryMethod[];
  /** Side of its images. */
  readonly size: number;
  readonly classes: number | undefined;
  /** Length of its latents; undefined for discriminators. */
  readonly latentSize: number | undefined;
  /** The settings of `net` with which the network computes what it did in the public code. */
  readonly net: {
    readonly family: "resnet";
    readonly channels: number;
    readonly range: "signed" | "unit";
    readonly upsampling: "bilinear";
    readonly shortcutActivation: "public";
    readonly discriminatorNorm: "spectral" | "none";
    readonly pooling: "sum" | "mean";
    readonly generatorSpectralNorm: boolean;
    readonly attention: number | null;
    readonly discriminatorAttention: number | null;
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

/** After which maps the SAGANs there attend: after G's block to 16 pixels, or D's to 8. */
const ATTENTION: Readonly<Record<number, { readonly generator: number; readonly discriminator: number }>> = {
  32: { generator: 16, discriminator: 8 },
  128: { generator: 32, discriminator: 32 },
};

/** Whether a file holds what `convertMimicry` reads, by the names of its tensors alone. */
export function isMimicry(value: PthValue): boolean {
  try {
    const { arrays } = unwrap(value, undefined);
    const rename = roleOf(arrays) === "generator" ? renameGenerator : discriminatorRenamer(arrays);
    return arrays.size > 0 && [...arrays.keys()].every((name) => rename(name) !== undefined);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/**
 * Converts a network of kwotsin/mimicry, of any method and size there, so that in evaluation it computes what it did there:
 * bare, or wrapped by its trainer (`model_state_dict`) or others (`state_dict`, `model`; names that begin with `module.`).
 * Its own spectral norm (`sn_u`) takes one more power iteration in every evaluation without keeping it; here that iteration
 * is taken once, in the conversion. torch.nn.utils.spectral_norm's vectors are kept as they are.
 *
 * @param value what readPth() read
 * @throws UsageError for other networks, naming the first tensor that does not fit, and where the size or the method must
 * be given
 */
export function convertMimicry(value: PthValue, options: MimicryOptions = {}): ConvertedNetwork {
  const { arrays, step } = unwrap(value, options.file);
  const where = options.file ?? "the checkpoint";
  const refuse = (problem: string): never => {
    throw new UsageError(`${where} ${problem}; convert reads the networks of kwotsin/mimicry`);
  };
  const role = roleOf(arrays);
  const rename = role === "generator" ? renameGenerator : discriminatorRenamer(arrays);
  const renamed: NamedArrays = new Map();
  for (const [name, array] of arrays) {
    const to = rename(name);
    if (to === undefined) return refuse(`has a tensor '${name}' that is none of its ${role}'s`);
    if (array.storedAs?.includes("complex")) return refuse(`has complex numbers in '${name}'`);
    if (array.dtype.startsWith("float") && !toFloat32(array).every(Number.isFinite))
      return refuse(`has numbers in '${name}' that are not finite, as after a training that diverged`);
    renamed.set(to, array);
  }
  const state = convertSpectralNorm(renamed);
  const shape = (name: string): readonly number[] =>
    (state.get(`${name}.weight`) ?? state.get(`${name}.weight_orig`))?.shape ?? refuse(`has no ${name}`);
  const blocks = new Set([...state.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  const widths = Array.from({ length: blocks }, (_, block) => shape(`blocks.${block}.conv2`)[0] ?? 0);
  if (role === "generator") widths.unshift(shape("blocks.0.conv1")[1] ?? 0);

  // Of several methods, the networks of one size hold the same tensors under the same names.
  const sizes = Object.entries(RESNET_PLANS).flatMap(([side, plan]) => {
    if (channelsOf(plan[role], widths) === undefined) return [];
    if (role === "generator")
      return shape("linear")[0] === (widths[0] ?? 0) * plan.base * plan.base ? [Number(side)] : [];
    return [Number(side)];
  });
  const { size: asked, method } = options;
  const candidates = sizes
    .filter((size) => asked === undefined || size === asked)
    .map((size) => ({ size, methods: methodsOf(role, size, arrays) }))
    .filter(({ methods }) => methods.length > 0);
  if (candidates.length === 0) {
    return refuse(
      sizes.length === 0
        ? `has widths of ${widths.join(", ")}, which no size has`
        : asked !== undefined && !sizes.includes(asked)
          ? `holds a ${role} of ${sizes.join(" or ")} pixels, not of ${asked}`
          : `holds a ${role} of ${asked ?? sizes.join(" or ")} pixels that no method has`,
    );
  }
  const fitting = candidates.filter(({ methods }) => method === undefined || methods.includes(method));
  const [found, ...more] = fitting;
  if (found === undefined) {
    const known = [...new Set(candidates.flatMap(({ methods }) => methods))];
    throw new UsageError(`${where} holds a ${role} of ${known.join(" or ")}, not of ${method}`);
  }
  if (more.length > 0)
    throw new UsageError(
      `${where} fits images of ${fitting.map(({ size }) => size).join(" and of ")} pixels alike; give their size (--size N)`,
    );
  const { size } = found;
  const methods = method === undefined ? found.methods : [method];
  if (role === "discriminator" && (differ(methods, poolingOf) || differ(methods, rangeOf)))
    throw new UsageError(
      `${where} is a discriminator without spectral norm, and the tensors of ${methods.join(", ")} are the same: some take sums where others take means, or see other pixels; say which it is of (--as METHOD)`,
    );
  const attends = state.has("attention.gain") ? ATTENTION[size] : undefined;
  const criticUnits = state.get("heads.infomax.global.output.weight_orig")?.shape[0];
  return {
    role,
    methods,
    size,
    classes: (
      state.get("blocks.0.norm1.embedding.weight") ??
      state.get("embedding.weight_orig") ??
      state.get("embedding.weight")
    )?.shape[0],
    latentSize: role === "generator" ? shape("linear")[1] : undefined,
    net: {
      family: "resnet",
      channels: channelsOf(RESNET_PLANS[size]?.[role] ?? [], widths) as number,
      // Of the methods whose generators have the same tensors, one alone has a sigmoid.
      range: methods.length === 1 ? rangeOf(methods[0]) : "signed",
      upsampling: "bilinear",
      shortcutActivation: "public",
      discriminatorNorm: methods.some(isPlain) && role === "discriminator" ? "none" : "spectral",
      pooling: role === "discriminator" ? poolingOf(methods[0]) : "sum",
      generatorSpectralNorm: attends !== undefined,
      attention: attends?.generator ?? null,
      discriminatorAttention:
        attends === undefined || attends.generator === attends.discriminator ? null : attends.discriminator,
    },
    terms: {
      ...(criticUnits === undefined ? {} : { infomax: { criticUnits } }),
      ...(arrays.has("l_y.bias") ? { rotation: {} } : {}),
    },
    step,
    state,
  };
}

const roleOf = (arrays: NamedArrays) =>
  [...arrays.keys()].some((name) => name.startsWith("l1.")) ? "generator" : "discriminator";
const isPlain = (method: MimicryMethod) => ["dcgan", "dcgan-cifar", "wgan-gp"].includes(method);
const poolingOf = (method: MimicryMethod | undefined) => (method === "wgan-gp" ? "mean" : "sum");
const rangeOf = (method: MimicryMethod | undefined) => (method === "dcgan-cifar" ? "unit" : "signed");
const differ = (methods: readonly MimicryMethod[], by: (method: MimicryMethod) => string) =>
  new Set(methods.map(by)).size > 1;

/** The methods whose networks of a role and size hold such tensors. */
function methodsOf(
  role: ConvertedNetwork["role"],
  size: number,
  arrays: ReadonlyMap<string, unknown>,
): MimicryMethod[] {
  const has = (part: RegExp) => [...arrays.keys()].some((name) => part.test(name));
  const spectral = has(/\.(weight_u|sn_u)$/);
  const attends = has(/^attn_block\./);
  const oneOf = (fits: boolean, ...methods: MimicryMethod[]) => (fits ? methods : []);
  const large = size === 32 || size === 128;
  if (role === "generator") {
    if (has(/\.embed\./)) {
      return attends ? oneOf(spectral && large, "sagan") : oneOf(!spectral && large, "cgan-pd");
    }
    return oneOf(
      !spectral && !attends,
      ...(["dcgan", "wgan-gp", "sngan", "ssgan", "infomax-gan"] as const),
      ...oneOf(size === 32, "dcgan-cifar"),
    );
  }
  if (has(/^local_nrkhs_/)) return oneOf(spectral && !attends, "infomax-gan");
  // The last layer's number: at 48 pixels all but WGAN-GP's count on from the block before the last.
  const last = Number([...arrays.keys()].flatMap((name) => /^l(\d+)\./.exec(name)?.[1] ?? [])[0]);
  const numbered = (method: MimicryMethod) =>
    last === { 32: 5, 48: method === "wgan-gp" ? 6 : 5, 64: 6, 128: 7 }[size];
  if (attends) return oneOf(spectral && large && has(/^l_y\./), "sagan").filter(numbered);
  if (has(/^l_y\.bias$/)) return oneOf(spectral, "ssgan").filter(numbered);
  if (has(/^l_y\./)) return oneOf(spectral && large, "cgan-pd").filter(numbered);
  if (spectral) return oneOf(true, "sngan").filter(numbered);
  return oneOf(true, "dcgan", ...oneOf(size === 32, "dcgan-cifar"), "wgan-gp").filter(numbered);
}

/** What is around a network's tensors: its trainer's dictionary, DataParallel's and torch.compile's prefixes. */
function unwrap(
  value: PthValue,
  file: string | undefined,
): { arrays: NamedArrays; step: number | undefined } {
  let inner = value;
  let step: number | undefined;
  for (let depth = 0; inner instanceof Map && depth < 4; depth++) {
    const around: Map<PthValue, PthValue> = inner;
    const isWrapped = (name: PthValue) => {
      const part = around.get(name);
      return part instanceof Map || part instanceof PickleObject;
    };
    // By another name it is known where nothing else holds anything.
    const parts = [...around.keys()].filter(isWrapped);
    const lone = parts.length === 1 && ![...around.values()].some(isArrayValue) ? parts[0] : undefined;
    const key = ["model_state_dict", "state_dict", "model", "net"].find(isWrapped) ?? lone;
    if (key === undefined) break;
    step ??= ["global_step", "step", "iteration"].map((name) => countOf(around.get(name))).find(isCount);
    inner = around.get(key) as PthValue;
  }
  let arrays = flattenStateDict(inner, file);
  for (const prefix of ["module.", "_orig_mod.", "module."]) {
    if (arrays.size === 0 || ![...arrays.keys()].every((name) => name.startsWith(prefix))) continue;
    arrays = new Map([...arrays].map(([name, array]) => [name.slice(prefix.length), array]));
  }
  return { arrays, step };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A count of steps, which may be a tensor of one number; undefined for what is none. */
function countOf(value: PthValue | undefined): number | undefined {
  const isTensor = value !== undefined && isArrayValue(value) && /^u?int/.test(value.dtype);
  const [number, ...more] = isTensor ? viewTyped(value) : [value];
  if (more.length > 0 || (typeof number !== "number" && typeof number !== "bigint")) return undefined;
  return isCount(Number(number)) ? Number(number) : undefined;
}

/** The `channels` that scale a plan's widths to these; undefined when none does. */
function channelsOf(plan: readonly number[], widths: readonly number[]): number | undefined {
  const channels = ((widths[0] ?? 0) * FULL_CHANNELS) / (plan[0] ?? 1);
  if (plan.length !== widths.length || channels < 2 || channels % 2 !== 0) return undefined;
  return plan.every((width, i) => width * channels === (widths[i] ?? 0) * FULL_CHANNELS)
    ? channels
    : undefined;
}
