import { plainBytes } from "./bytes.js";
import { FormatError, quote } from "./errors.js";

/**
 * What a pickle holds, in JavaScript's terms: dictionaries are Maps (their keys need not be text), lists and tuples
 * arrays, bytes Uint8Arrays, integers numbers where they are exact and else bigints, None null. `Leaf` is what the
 * host's own globals make. Like the Python objects, parts may be shared, and may contain themselves.
 */
export type PickleValue<Leaf extends object> =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleGlobal<Leaf>
  | PickleValue<Leaf>[]
  | Map<PickleValue<Leaf>, PickleValue<Leaf>>
  | Set<PickleValue<Leaf>>
  | Leaf;

/** A Python class or function that a pickle names, and may call if it has `call`. */
export class PickleGlobal<Leaf extends object> {
  constructor(
    /** Module and name, such as `collections.OrderedDict`. */
    readonly name: string,
    /** Does what Python's would. Throws a message (see {@link PickleProblem}) for arguments that it does not take. */
    readonly call?: (args: readonly PickleValue<Leaf>[]) => PickleValue<Leaf>,
  ) {}
}

/** Decides what a pickle may name. */
export interface PickleHost<Leaf extends object> {
  /** What `module.name` stands for, or undefined to refuse it. */
  global(module: string, name: string): PickleValue<Leaf> | undefined;
  /** What an object kept outside of the pickle stands for. Throws {@link PickleProblem}. */
  persistent(id: PickleValue<Leaf>): PickleValue<Leaf>;
}

/** Thrown by a host for what it does not take; becomes a {@link FormatError} that says where. */
export class PickleProblem extends Error {}

/** A dictionary's pickle is a few kilobytes for a network of millions of parameters. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Reads a pickle (protocols 2 to 5, PEP 307, 3154 and 574) without Python and without running anything: it knows the
 * plain types, and of everything else only what `host` says. The work is bounded by the pickle's length.
 *
 * Throws {@link FormatError} naming `file` for a global that the host refuses, for opcodes that Python's own pickler does
 * not write for such values, and for a damaged stream.
 */
export function unpickle<Leaf extends object>(
  bytes: Uint8Array,
  host: PickleHost<Leaf>,
  file?: string,
): PickleValue<Leaf> {
  if (bytes.length > MOST_BYTES) {
    throw new FormatError(`has a pickle of ${bytes.length} bytes; the limit is ${MOST_BYTES}`, { file });
  }
  const { value, length } = unpickleFirst(bytes, host, file);
  if (length < bytes.length) {
    throw new FormatError(`its pickle is damaged or unusual: there is more after its end at byte ${length}`, {
      file,
    });
  }
  return value;
}

/** {@link unpickle} for a pickle that something follows: its value, and how many bytes it took. */
export function unpickleFirst<Leaf extends object>(
  bytes: Uint8Array,
  host: PickleHost<Leaf>,
  file?: string,
): { value: PickleValue<Leaf>; length: number } {
  const machine = new Machine(bytes.subarray(0, MOST_BYTES), host);
  try {
    return { value: machine.run(), length: machine.position };
  } catch (error) {
    if (error instanceof Refusal) {
      throw new FormatError(error.message, {
        file,
        hint: "nothing was run; if you trust the file, load it in Python and torch.save the model's state_dict()",
      });
    }
    if (!(error instanceof PickleProblem)) throw error;
    throw new FormatError(`its pickle is damaged or unusual: ${error.message} at byte ${machine.position}`, {
      file,
    });
  }
}

class Refusal extends Error {}

class Machine<Leaf extends object> {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #host: PickleHost<Leaf>;
  readonly #stack: PickleValue<Leaf>[] = [];
  /** Heights of the stack at the MARKs not yet used. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue<Leaf>>();
  /** Elements that calls may still go through: a short pickle can hand one long list to many calls. */
  #budget: number;

  constructor(bytes: Uint8Array, host: PickleHost<Leaf>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#host = host;
    this.#budget = 4 * bytes.length + 100_000;
  }

  run(): PickleValue<Leaf> {
    if (this.#byte() !== 0x80) throw new PickleProblem("it does not begin with a protocol");
    const protocol = this.#byte();
    if (protocol < 2 || protocol > 5) throw new PickleProblem(`protocol ${protocol} is not 2 to 5`);
    for (;;) {
      const opcode = this.#byte();
      if (opcode === 0x2e /* STOP */) break;
      this.#step(opcode);
    }
    return this.#pop();
  }

  /** One opcode. Names and meanings are those of Python's pickletools. */
  #step(opcode: number): void {
    switch (opcode) {
      case 0x95: // FRAME: only a hint for reading ahead
        this.#length64();
        break;

      case 0x4e: // NONE
        this.#push(null);
        break;
      case 0x88: // NEWTRUE
        this.#push(true);
        break;
      case 0x89: // NEWFALSE
        this.#push(false);
        break;
      case 0x4b: // BININT1
        this.#push(this.#byte());
        break;
      case 0x4d: // BININT2
        this.#push(this.#view.getUint16(this.#skip(2), true));
        break;
      case 0x4a: // BININT
        this.#push(this.#view.getInt32(this.#skip(4), true));
        break;
      case 0x8a: // LONG1
        this.#push(this.#long(this.#byte()));
        break;
      case 0x8b: // LONG4
        this.#push(this.#long(this.#length32()));
        break;
      case 0x47: // BINFLOAT
        this.#push(this.#view.getFloat64(this.#skip(8), false));
        break;

      case 0x8c: // SHORT_BINUNICODE
        this.#push(this.#text(this.#byte()));
        break;
      case 0x58: // BINUNICODE
        this.#push(this.#text(this.#length32()));
        break;
      case 0x8d: // BINUNICODE8
        this.#push(this.#text(this.#length64()));
        break;
      case 0x43: // SHORT_BINBYTES
      case 0x55: // SHORT_BINSTRING: Python 2's str
        this.#push(this.#copy(this.#byte()));
        break;
      case 0x42: // BINBYTES
      case 0x54: // BINSTRING
        this.#push(this.#copy(this.#length32()));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.#push(this.#copy(this.#length64()));
        break;

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.#push([]);
        break;
      case 0x7d: // EMPTY_DICT
        this.#push(new Map());
        break;
      case 0x8f: // EMPTY_SET
        this.#push(new Set());
        break;
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        break;
      case 0x74: // TUPLE
      case 0x6c: // LIST
        this.#push(this.#popToMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#push(this.#popMany(opcode - 0x84));
        break;
      case 0x64: // DICT
        this.#dictionary(this.#popToMark());
        break;
      case 0x91: // FROZENSET
        this.#push(new Set(this.#popToMark()));
        break;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        break;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        break;
      case 0x90: // ADDITEMS
        this.#addItems(this.#popToMark());
        break;

      case 0x30: // POP
        this.#pop();
        break;
      case 0x31: // POP_MARK
        this.#popToMark();
        break;
      case 0x32: // DUP
        this.#push(this.#top());
        break;
      case 0x71: // BINPUT
        this.#memo.set(this.#byte(), this.#top());
        break;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#length32(), this.#top());
        break;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 0x68: // BINGET
        this.#push(this.#remembered(this.#byte()));
        break;
      case 0x6a: // LONG_BINGET
        this.#push(this.#remembered(this.#length32()));
        break;

      case 0x63: // GLOBAL
        this.#push(this.#global(this.#line(), this.#line()));
        break;
      case 0x93: // STACK_GLOBAL
        this.#stackGlobal();
        break;
      case 0x51: // BINPERSID
        this.#push(this.#host.persistent(this.#pop()));
        break;
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        this.#call();
        break;
      case 0x62: // BUILD
        this.#build();
        break;

      default:
        throw new PickleProblem(`opcode 0x${opcode.toString(16)} is not one of a checkpoint`);
    }
  }

  #dictionary(items: PickleValue<Leaf>[]): void {
    this.#push(new Map());
    this.#setItems(items);
  }

  #append(items: PickleValue<Leaf>[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw new PickleProblem("what is appended to is no list");
    for (const item of items) list.push(item);
  }

  #setItems(items: PickleValue<Leaf>[]): void {
    const dictionary = this.#top();
    if (!(dictionary instanceof Map)) throw new PickleProblem("what is filled is no dictionary");
    if (items.length % 2 !== 0) throw new PickleProblem("a key has no value");
    for (let i = 0; i < items.length; i += 2) {
      dictionary.set(items[i] as PickleValue<Leaf>, items[i + 1] as PickleValue<Leaf>);
    }
  }

  #addItems(items: PickleValue<Leaf>[]): void {
    const set = this.#top();
    if (!(set instanceof Set)) throw new PickleProblem("what is added to is no set");
    for (const item of items) set.add(item);
  }

  #global(module: string, name: string): PickleValue<Leaf> {
    const value = this.#host.global(module, name);
    if (value !== undefined) return value;
    throw new Refusal(
      `refused to load ${printable(`${module}.${name}`)}: only tensors and plain containers are`,
    );
  }

  #stackGlobal(): void {
    const [module, name] = this.#popMany(2);
    if (typeof module !== "string" || typeof name !== "string") {
      throw new PickleProblem("a global's name is no text");
    }
    this.#push(this.#global(module, name));
  }

  #call(): void {
    const [callable, args] = this.#popMany(2);
    if (!Array.isArray(args)) throw new PickleProblem("a call has no arguments");
    if (!(callable instanceof PickleGlobal) || callable.call === undefined) {
      const name = callable instanceof PickleGlobal ? callable.name : "what cannot be called";
      throw new PickleProblem(`${printable(name)} is called`);
    }
    for (const arg of args) this.#budget -= 1 + size(arg);
    if (this.#budget < 0) throw new PickleProblem("its calls go through far more than it holds");
    this.#push(callable.call(args));
  }

  /** Attributes of a dictionary, as a state_dict's `_metadata`, say nothing about its content and are left out. */
  #build(): void {
    this.#pop();
    if (!(this.#top() instanceof Map)) throw new PickleProblem("attributes of what has none");
  }

  #remembered(key: number): PickleValue<Leaf> {
    const value = this.#memo.get(key);
    if (value === undefined) throw new PickleProblem(`nothing is remembered as ${key}`);
    return value;
  }

  #push(value: PickleValue<Leaf>): void {
    this.#stack.push(value);
  }

  /** The stack may not be used below the last MARK: those values are not this opcode's. */
  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #top(): PickleValue<Leaf> {
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length <= this.#floor())
      throw new PickleProblem("a value is missing");
    return value;
  }

  #pop(): PickleValue<Leaf> {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): PickleValue<Leaf>[] {
    if (this.#stack.length - this.#floor() < count) throw new PickleProblem("a value is missing");
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #popToMark(): PickleValue<Leaf>[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleProblem("a mark is missing");
    return this.#stack.splice(mark);
  }

  /** Passes `count` bytes of the stream and returns where they begin. */
  #skip(count: number): number {
    const start = this.position;
    if (count > this.#bytes.length - start) throw new PickleProblem("it is cut off");
    this.position += count;
    return start;
  }

  #byte(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  #length32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  #length64(): number {
    const length = this.#view.getBigUint64(this.#skip(8), true);
    if (length > MOST_BYTES) throw new PickleProblem(`a length of ${length} is absurd`);
    return Number(length);
  }

  #slice(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  #copy(length: number): Uint8Array {
    return new Uint8Array(plainBytes(this.#slice(length)));
  }

  #text(length: number): string {
    try {
      return UTF8.decode(this.#slice(length));
    } catch (cause) {
      if (cause instanceof PickleProblem) throw cause;
      throw new PickleProblem("text is not UTF-8", { cause });
    }
  }

  /** Two's complement of any length, little-endian. */
  #long(length: number): number | bigint {
    if (length > 1024) throw new PickleProblem(`an integer of ${length} bytes is absurd`);
    const bytes = this.#slice(length);
    const hex = Buffer.from(bytes.toReversed()).toString("hex");
    const value = BigInt.asIntN(8 * length, BigInt(`0x0${hex}`));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0 || end - this.position > 1000) throw new PickleProblem("a name does not end");
    const line = this.#text(end - this.position);
    this.position++;
    return line;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many elements a call may go through in an argument. */
function size(value: unknown): number {
  if (Array.isArray(value) || typeof value === "string") return value.length;
  return value instanceof Map || value instanceof Set ? value.size : 0;
}

/** The name of a global as it stands if it is a usual one, else quoted. */
function printable(name: string): string {
  return /^[\w.<> ]{1,120}$/.test(name) ? name : quote(name);
}
