import { getHeapStatistics } from "node:v8";
import { amount } from "./amount.js";
import { FormatError, quote } from "./errors.js";
import { COST, MOST_PICKLE_BYTES, PickleBytes, PickleProblem } from "./pickleBytes.js";

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
  | PickleObject<Leaf>
  | PickleValue<Leaf>[]
  | Map<PickleValue<Leaf>, PickleValue<Leaf>>
  | Set<PickleValue<Leaf>>
  | Leaf;

/** A Python class or function that a pickle names, and may call if it has `call`. */
export class PickleGlobal<Leaf extends object> {
  constructor(
    /** Module and name, such as `collections.OrderedDict`. */
    readonly name: string,
    /** Does what Python's would. Throws a message (see `PickleProblem`) for arguments that it does not take. */
    readonly call?: (args: readonly PickleValue<Leaf>[]) => PickleValue<Leaf>,
  ) {}
}

/**
 * An object of a Python class that nobody here knows, or what an unknown function would have returned: what the pickle
 * says of it, and nothing of what it would do.
 */
export class PickleObject<Leaf extends object> {
  /** What it holds as a dictionary, if its class is one. */
  items: Map<PickleValue<Leaf>, PickleValue<Leaf>> | undefined;
  /** What it holds as a list or a set, if its class is one. */
  elements: PickleValue<Leaf>[] | undefined;
  /** Its attributes, mostly a dictionary; undefined if the pickle gives it none. */
  attributes: PickleValue<Leaf> | undefined;

  constructor(
    /** Module and name of its class or function. */
    readonly name: string,
    readonly args: readonly PickleValue<Leaf>[],
  ) {}
}

/** A class or function by its name alone: what it makes are {@link PickleObject}s. */
export function inert<Leaf extends object>(name: string): PickleGlobal<Leaf> {
  return new PickleGlobal<Leaf>(name, (args) => new PickleObject<Leaf>(name, args));
}

/** Decides what a pickle may name. */
export interface PickleHost<Leaf extends object> {
  /** What `module.name` stands for, or undefined to refuse it. */
  global(module: string, name: string): PickleValue<Leaf> | undefined;
  /** What an object kept outside of the pickle stands for. Throws `PickleProblem`. */
  persistent(id: PickleValue<Leaf>): PickleValue<Leaf>;
}

/** Thrown by a host for what is sound and is not read: its message is told as it is. */
export class PickleRefusal extends Error {
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

const TRUSTED =
  "nothing was run; if you trust the file, load it in Python and torch.save the model's state_dict()";

/** V8 does not survive running out of memory: far below that a pickle is refused. */
const mostMemory = () => Math.min(512 * 1024 * 1024, getHeapStatistics().heap_size_limit / 8);

/**
 * Reads a pickle (protocols 1 to 5, PEP 307, 3154 and 574) without Python and without running anything: it knows the
 * plain types, and of everything else only what `host` says. The work is bounded by the pickle's length, the memory by
 * an eighth of the heap.
 *
 * Throws {@link FormatError} naming `file` for a global that the host refuses, for opcodes that Python's own pickler does
 * not write for such values, and for a damaged stream.
 */
export function unpickle<Leaf extends object>(
  bytes: Uint8Array,
  host: PickleHost<Leaf>,
  file?: string,
): PickleValue<Leaf> {
  if (bytes.length > MOST_PICKLE_BYTES) {
    throw new FormatError(
      `has a pickle of ${amount(bytes.length, "bytes")}; the limit is ${MOST_PICKLE_BYTES}`,
      {
        file,
      },
    );
  }
  const { value, length } = unpickleFirst(bytes, host, file);
  if (length < bytes.length) {
    throw new FormatError(`its pickle is damaged or unusual: there is more after its end at byte ${length}`, {
      file,
    });
  }
  return value;
}

/** `unpickle` for a pickle that something follows: its value, and how many bytes it took. */
export function unpickleFirst<Leaf extends object>(
  bytes: Uint8Array,
  host: PickleHost<Leaf>,
  file?: string,
): { value: PickleValue<Leaf>; length: number } {
  const machine = new Machine(bytes.subarray(0, MOST_PICKLE_BYTES), host);
  try {
    return { value: machine.run(), length: machine.position };
  } catch (error) {
    if (error instanceof PickleRefusal) throw new FormatError(error.message, { file, hint: error.hint });
    if (!(error instanceof PickleProblem)) throw error;
    throw new FormatError(`its pickle is damaged or unusual: ${error.message} at byte ${machine.position}`, {
      file,
    });
  }
}

class Machine<Leaf extends object> {
  readonly #in: PickleBytes;
  readonly #host: PickleHost<Leaf>;
  readonly #stack: PickleValue<Leaf>[] = [];
  /** Heights of the stack at the MARKs not yet used. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue<Leaf>>();
  /** Elements that calls may still go through: a short pickle can hand one long list to many calls. */
  #budget: number;
  /** Bytes of memory that its values may still take. */
  #memory = mostMemory();

  constructor(bytes: Uint8Array, host: PickleHost<Leaf>) {
    this.#in = new PickleBytes(bytes, (taken) => this.#spend(taken));
    this.#host = host;
    this.#budget = 4 * bytes.length + 100_000;
  }

  get position(): number {
    return this.#in.position;
  }

  run(): PickleValue<Leaf> {
    let opcode = this.#in.byte();
    if (opcode === 0x80) {
      const protocol = this.#in.byte();
      if (protocol < 2 || protocol > 5) throw new PickleProblem(`protocol ${protocol} is not 2 to 5`);
      opcode = this.#in.byte();
    }
    for (; ; opcode = this.#in.byte()) {
      if (opcode === 0x2e /* STOP */) break;
      this.#step(opcode);
    }
    return this.#pop();
  }

  /** One opcode. Names and meanings are those of Python's pickletools. */
  #step(opcode: number): void {
    switch (opcode) {
      case 0x95: // FRAME: only a hint for reading ahead
        this.#in.length64();
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
      case 0x49: // INT, which protocol 1 has for truths too
      case 0x4c: // LONG
        this.#push(this.#in.number());
        break;
      case 0x4b: // BININT1
        this.#push(this.#in.byte());
        break;
      case 0x4d: // BININT2
        this.#push(this.#in.view.getUint16(this.#in.skip(2), true));
        break;
      case 0x4a: // BININT
        this.#push(this.#in.view.getInt32(this.#in.skip(4), true));
        break;
      case 0x8a: // LONG1
        this.#push(this.#in.long(this.#in.byte()));
        break;
      case 0x8b: // LONG4
        this.#push(this.#in.long(this.#in.length32()));
        break;
      case 0x47: // BINFLOAT
        this.#spend(COST.number);
        this.#push(this.#in.view.getFloat64(this.#in.skip(8), false));
        break;

      case 0x8c: // SHORT_BINUNICODE
        this.#push(this.#in.text(this.#in.byte()));
        break;
      case 0x58: // BINUNICODE
        this.#push(this.#in.text(this.#in.length32()));
        break;
      case 0x8d: // BINUNICODE8
        this.#push(this.#in.text(this.#in.length64()));
        break;
      case 0x43: // SHORT_BINBYTES
      case 0x55: // SHORT_BINSTRING: Python 2's str
        this.#push(this.#in.copy(this.#in.byte()));
        break;
      case 0x42: // BINBYTES
      case 0x54: // BINSTRING
        this.#push(this.#in.copy(this.#in.length32()));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.#push(this.#in.copy(this.#in.length64()));
        break;

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.#spend(COST.array);
        this.#push([]);
        break;
      case 0x7d: // EMPTY_DICT
        this.#spend(COST.table);
        this.#push(new Map());
        break;
      case 0x8f: // EMPTY_SET
        this.#spend(COST.table);
        this.#push(new Set());
        break;
      case 0x28: // MARK
        this.#spend(COST.mark);
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
        this.#spend(COST.table);
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
        this.#remember(this.#in.byte());
        break;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#in.length32());
        break;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.size);
        break;
      case 0x68: // BINGET
        this.#push(this.#remembered(this.#in.byte()));
        break;
      case 0x6a: // LONG_BINGET
        this.#push(this.#remembered(this.#in.length32()));
        break;

      case 0x63: // GLOBAL
        this.#push(this.#global(this.#in.line(), this.#in.line()));
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
      case 0x92: // NEWOBJ_EX: keywords beside the arguments
        this.#keywords(this.#pop());
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
    this.#spend(COST.table);
    this.#push(new Map());
    this.#setItems(items);
  }

  #append(items: PickleValue<Leaf>[]): void {
    const list = this.#top();
    if (list instanceof PickleObject) list.elements ??= [];
    const target = list instanceof PickleObject ? list.elements : list;
    if (!Array.isArray(target)) throw new PickleProblem("what is appended to is no list");
    for (const item of items) target.push(item);
  }

  #setItems(items: PickleValue<Leaf>[]): void {
    const top = this.#top();
    if (top instanceof PickleObject) top.items ??= new Map();
    const dictionary = top instanceof PickleObject ? top.items : top;
    if (!(dictionary instanceof Map)) throw new PickleProblem("what is filled is no dictionary");
    this.#spend(items.length * (COST.pair / 2));
    if (items.length % 2 !== 0) throw new PickleProblem("a key has no value");
    for (let i = 0; i < items.length; i += 2) {
      dictionary.set(items[i] as PickleValue<Leaf>, items[i + 1] as PickleValue<Leaf>);
    }
  }

  #addItems(items: PickleValue<Leaf>[]): void {
    const set = this.#top();
    if (set instanceof PickleObject) {
      set.elements ??= [];
      for (const item of items) set.elements.push(item);
      return;
    }
    if (!(set instanceof Set)) throw new PickleProblem("what is added to is no set");
    this.#spend(items.length * COST.pair);
    for (const item of items) set.add(item);
  }

  #global(module: string, name: string): PickleValue<Leaf> {
    const value = this.#host.global(module, name);
    if (value !== undefined) return value;
    throw new PickleRefusal(
      `refused to load ${printable(`${module}.${name}`)}: only tensors and plain containers are`,
      TRUSTED,
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
    this.#spend(COST.object + args.length * COST.place);
    if (callable instanceof PickleObject) {
      this.#push(new PickleObject<Leaf>(callable.name, args));
      return;
    }
    if (!(callable instanceof PickleGlobal) || callable.call === undefined) {
      const name = callable instanceof PickleGlobal ? callable.name : "what cannot be called";
      throw new PickleProblem(`${printable(name)} is called`);
    }
    for (const arg of args) this.#budget -= 1 + size(arg);
    if (this.#budget < 0) throw new PickleProblem("its calls go through far more than it holds");
    this.#push(callable.call(args));
  }

  /** Keywords are left out: only what is not known here is made with any. */
  #keywords(keywords: PickleValue<Leaf>): void {
    if (!(keywords instanceof Map)) throw new PickleProblem("keywords are no dictionary");
  }

  /**
   * Attributes of a dictionary, as a state_dict's `_metadata`, say nothing about its content and are left out, and so do
   * those that programs hang on tensors.
   */
  #build(): void {
    const state = this.#pop();
    const top = this.#top();
    if (top instanceof PickleObject) top.attributes = state;
    else if (typeof top !== "object" || top === null || Array.isArray(top) || top instanceof Set)
      throw new PickleProblem("attributes of what has none");
  }

  #remember(key: number): void {
    this.#spend(COST.memo);
    this.#memo.set(key, this.#top());
  }

  #spend(bytes: number): void {
    this.#memory -= bytes;
    if (this.#memory < 0) throw new PickleProblem("its values take more memory than there is for them");
  }

  #remembered(key: number): PickleValue<Leaf> {
    const value = this.#memo.get(key);
    if (value === undefined) throw new PickleProblem(`nothing is remembered as ${key}`);
    return value;
  }

  #push(value: PickleValue<Leaf>): void {
    this.#spend(COST.place);
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
    this.#spend(COST.array);
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #popToMark(): PickleValue<Leaf>[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleProblem("a mark is missing");
    this.#spend(COST.array);
    return this.#stack.splice(mark);
  }
}

/** How many elements a call may go through in an argument. */
function size(value: unknown): number {
  if (Array.isArray(value) || typeof value === "string") return value.length;
  return value instanceof Map || value instanceof Set ? value.size : 0;
}

/** The name of a global as it stands if it is a usual one, else quoted. */
export function printable(name: string): string {
  return /^[\w.<> ]{1,120}$/.test(name) ? name : quote(name);
}
