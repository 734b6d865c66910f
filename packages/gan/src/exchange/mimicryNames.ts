import type { NamedArrays } from "@gantry/formats";

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

/** `attn_block.o.weight` as `attention.output.weight`. */
function inAttention(name: string): string | undefined {
  const [, part = "", rest = ""] = /^attn_block\.(theta|phi|g|o|gamma)(\..+)?$/.exec(name) ?? [];
  if (part === "") return undefined;
  const to = part === "o" ? "output" : part === "gamma" ? "gain" : part;
  return `attention.${to}${rest}`;
}

/** The layers are numbered through: l1, block2, ..., then bN and cN with one number. */
export function renameGenerator(name: string): string | undefined {
  const [, block, part] = /^block(\d+)\.(.+)$/.exec(name) ?? [];
  if (block !== undefined && part !== undefined) return inBlock(Number(block) - 2, part);
  const attention = inAttention(name);
  if (attention !== undefined) return attention;
  const [, layer, rest] = /^(l1|b\d+|c\d+)\.(.+)$/.exec(name) ?? [];
  if (layer === undefined || rest === undefined) return undefined;
  return `${layer === "l1" ? "linear" : layer.startsWith("b") ? "norm" : "conv"}.${rest}`;
}

/** What the critics of InfoMax-GAN are called in the heads of Gantry's term. */
const CRITIC_LAYERS: Readonly<Record<string, string>> = { a: "hidden", b: "output", sc: "shortcut" };

/** The blocks are block1, ..., or in InfoMax-GAN local_feat_blocks.0, ..., and the last alone in global_feat_blocks. */
export function discriminatorRenamer(arrays: NamedArrays): (name: string) => string | undefined {
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
    const attention = inAttention(name);
    if (attention !== undefined) return attention;
    const [, layer, rest] = /^(l\d+|linear|l_y)\.(.+)$/.exec(name) ?? [];
    if (layer !== undefined)
      return `${layer !== "l_y" ? "last" : rotation ? "heads.rotation" : "embedding"}.${rest}`;
    const [, features, critic, tensor] = /^(local|global)_nrkhs_(a|b|sc)\.(.+)$/.exec(name) ?? [];
    return critic === undefined
      ? undefined
      : `heads.infomax.${features}.${CRITIC_LAYERS[critic] ?? critic}.${tensor}`;
  };
}
