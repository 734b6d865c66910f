import type { ArrayValue, NamedArrays } from "./dtype.js";
import { FormatError, quote } from "./errors.js";
import { PickleObject } from "./pickle.js";
import { isArrayValue, type PthValue } from "./torchObjects.js";

/**
 * The tensors in a checkpoint by dotted name: a tensor at `model`, `conv.weight` becomes `model.conv.weight`; elements of
 * lists are named by their index. Tensors inside of objects are found too: those of a whole module have the names of its
 * state_dict. What is no tensor is left out. A file that is one tensor has the name `lone`. `file` is only named in errors.
 *
 * Throws {@link FormatError} if two tensors come to the same name, if a tensor has no name, and for dictionaries that
 * contain themselves, are over 100 deep, or have keys that are neither text nor numbers.
 */
export function flattenStateDict(value: PthValue, file?: string, lone = ""): NamedArrays {
  const named: NamedArrays = new Map();
  const inside = new Set<PthValue>();
  let containers = 0;
  let elements = 0;
  const put = (array: ArrayValue, name: string) => {
    if (name === "") throw new FormatError("holds one tensor without a name, not a state_dict", { file });
    if (named.has(name)) throw new FormatError(`has two tensors named ${quote(name)}`, { file });
    named.set(name, array);
  };
  const visit = (part: PthValue, name: string): void => {
    if (isArrayValue(part)) {
      put(part, name === "" ? lone : name);
      return;
    }
    const groups = contentsOf(part);
    if (groups === undefined) return;
    // Shared parts let a short file have a vast tree.
    containers++;
    for (const { size } of groups) elements += size;
    if (inside.has(part) || inside.size >= 100 || containers > 100_000 || elements > 50_000_000) {
      throw new FormatError(`its containers at ${quote(name)} contain themselves or are too many`, { file });
    }
    inside.add(part);
    for (const { entries } of groups)
      for (const [key, child] of entries) {
        if (!isArrayValue(child) && contentsOf(child) === undefined) continue;
        if (typeof key !== "string" && typeof key !== "number" && typeof key !== "bigint") {
          throw new FormatError(`a key at ${quote(name)} is neither text nor a number`, { file });
        }
        visit(child, name === "" ? String(key) : `${name}.${key}`);
      }
    inside.delete(part);
  };
  visit(value, "");
  return named;
}

interface Group {
  readonly size: number;
  readonly entries: Iterable<readonly [PthValue, PthValue]>;
}

const groupOf = (part: Map<PthValue, PthValue> | readonly PthValue[]): Group => ({
  size: part instanceof Map ? part.size : part.length,
  entries: part.entries(),
});

/** What a value contains, in groups; undefined for what contains nothing. */
function contentsOf(part: PthValue): Group[] | undefined {
  if (part instanceof Map || Array.isArray(part)) return [groupOf(part)];
  if (!(part instanceof PickleObject)) return undefined;
  const { args, items, elements, attributes } = part;
  const state = Array.isArray(attributes) ? attributes : [attributes];
  const groups: (Map<PthValue, PthValue> | readonly PthValue[])[] = [args];
  if (items !== undefined) groups.push(items);
  if (elements !== undefined) groups.push(elements);
  for (const each of state) if (each instanceof Map) groups.push(...modulePartsOf(each));
  return groups.map(groupOf);
}

/** Of a module's attributes those three that are its state, by the names that they have there; else all. */
function modulePartsOf(attributes: Map<PthValue, PthValue>): Map<PthValue, PthValue>[] {
  const parts = ["_parameters", "_buffers", "_modules"].map((name) => attributes.get(name));
  const own = parts.filter((part) => part instanceof Map);
  return own.length === parts.length ? own : [attributes];
}
