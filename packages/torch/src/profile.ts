// Where time goes: every call into LibTorch, and what programs name by timed(). Nothing is measured, and nothing is in the
// way of a call, unless a profile is under way.
import { TorchError } from "./errors.js";
import { type Native, native } from "./native.js";
import { call, operatorName, setCall } from "./runtime.js";

/** `operator`: a call into LibTorch, as the others that programs name themselves. */
export type SpanKind = "operator" | "phase" | "part" | "term" | "data" | "files";

/** Something that took time. */
export interface Span {
  readonly kind: SpanKind;
  readonly name: string;
  /** Microseconds since the profile began. */
  readonly start: number;
  /** Microseconds. */
  readonly duration: number;
}

/** All spans of one kind and name, within frames. */
export interface SpanSum {
  readonly kind: SpanKind;
  readonly name: string;
  readonly count: number;
  /** Those of spans inside it included. */
  readonly seconds: number;
}

type SpanName = Pick<Span, "kind" | "name">;

/** Spans kept one by one; 16 bytes each. What comes later is only added up. */
const KEPT = 500_000;
const BLOCK = 1 << 16;

/**
 * Calls of the native part that are no operators and can take time, and what they are called: `backward` is a whole
 * backward pass, whose operators cannot be told apart from here.
 */
const ENGINE = {
  grad: "backward",
  free: "free memory",
  item: "read a number",
  copyTo: "read a tensor",
  fromBytes: "make from memory",
  sumOverRanks: "sum over processes",
} as const satisfies Partial<Record<keyof Native, string>>;

let active: Profile | undefined;

/**
 * A measurement of this process's work, from its making to `stop()`. Time that a device takes while the call has returned
 * already (CUDA) is not seen: there a span is the time to ask for the work.
 */
export class Profile {
  readonly #began = performance.now();
  readonly #ids = new Map<string, number>();
  readonly #names: SpanName[] = [];
  readonly #starts: Float64Array[] = [];
  readonly #durations: Float32Array[] = [];
  readonly #which: Uint32Array[] = [];
  #kept = 0;
  #lost = 0;
  #counts: number[] = [];
  #totals: number[] = [];
  #frame: number | undefined;
  #frames = 0;
  #frameTime = 0;
  readonly #restore: () => void;

  /** @throws TorchError while another profile is under way */
  constructor() {
    if (active !== undefined) throw new TorchError("a profile is under way already; stop it first");
    this.#restore = this.#hook();
    active = this;
  }

  /** Ends the measurement. What was measured stays. */
  stop(): void {
    if (active !== this) return;
    this.#restore();
    active = undefined;
  }

  /** Begins a frame, a unit of the program's work such as an iteration. Sums are over what happens within frames. */
  beginFrame(): void {
    this.#frame = performance.now();
  }

  endFrame(): void {
    if (this.#frame === undefined) return;
    this.#frameTime += performance.now() - this.#frame;
    this.#frames++;
    this.add("phase", "iteration", this.#frame);
    this.#frame = undefined;
  }

  /** Forgets the sums: the first frame also chooses kernels and fills caches. The spans stay. */
  forgetSums(): void {
    this.#counts = [];
    this.#totals = [];
    this.#frames = 0;
    this.#frameTime = 0;
  }

  /** @param start of performance.now() */
  add(kind: SpanKind, name: string, start: number): void {
    const duration = performance.now() - start;
    const key = `${kind}/${name}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#names.push({ kind, name }) - 1;
      this.#ids.set(key, id);
    }
    if (this.#frame !== undefined) {
      this.#counts[id] = (this.#counts[id] ?? 0) + 1;
      this.#totals[id] = (this.#totals[id] ?? 0) + duration;
    }
    if (this.#kept === KEPT) {
      this.#lost++;
      return;
    }
    const at = this.#kept % BLOCK;
    if (at === 0) {
      this.#starts.push(new Float64Array(BLOCK));
      this.#durations.push(new Float32Array(BLOCK));
      this.#which.push(new Uint32Array(BLOCK));
    }
    (this.#starts.at(-1) as Float64Array)[at] = start - this.#began;
    (this.#durations.at(-1) as Float32Array)[at] = duration;
    (this.#which.at(-1) as Uint32Array)[at] = id;
    this.#kept++;
  }

  /** Frames summed over, and their seconds. */
  get frames(): { readonly count: number; readonly seconds: number } {
    return { count: this.#frames, seconds: this.#frameTime / 1000 };
  }

  /** The most expensive first. */
  sums(): SpanSum[] {
    return this.#names
      .map(({ kind, name }, id) => ({
        kind,
        name,
        count: this.#counts[id] ?? 0,
        seconds: (this.#totals[id] ?? 0) / 1000,
      }))
      .filter(({ count, name }) => count > 0 && name !== "iteration")
      .sort((a, b) => b.seconds - a.seconds);
  }

  /** Spans that were too many to keep. */
  get lost(): number {
    return this.#lost;
  }

  /** In the order in which they ended. */
  *spans(): Generator<Span, void, void> {
    for (let index = 0; index < this.#kept; index++) {
      const [block, at] = [Math.floor(index / BLOCK), index % BLOCK];
      const { kind, name } = this.#names[this.#which[block]?.[at] ?? 0] as SpanName;
      const start = (this.#starts[block]?.[at] ?? 0) * 1000;
      yield { kind, name, start, duration: (this.#durations[block]?.[at] ?? 0) * 1000 };
    }
  }

  /**
   * Puts a watch around every call into LibTorch.
   * @returns what takes it off
   */
  #hook(): () => void {
    const plain = call;
    setCall((operator, ...args) => {
      const start = performance.now();
      try {
        return plain(operator, ...args);
      } finally {
        this.add("operator", operatorName(operator), start);
      }
    });
    const functions = native as unknown as Record<string, (...args: unknown[]) => unknown>;
    const originals = Object.keys(ENGINE).map((key) => [key, functions[key]] as const);
    for (const [key, original] of originals) {
      if (original === undefined) continue;
      functions[key] = (...args) => {
        const start = performance.now();
        try {
          return original(...args);
        } finally {
          this.add("operator", ENGINE[key as keyof typeof ENGINE], start);
        }
      };
    }
    return () => {
      setCall(plain);
      for (const [key, original] of originals) if (original !== undefined) functions[key] = original;
    };
  }
}

/** The profile under way, if there is one. */
export const activeProfile = (): Profile | undefined => active;

/** Runs `body`, as a span of the profile under way; until its promise settles, where it returns one. */
export function timed<T>(kind: SpanKind, name: string, body: () => T): T {
  if (active === undefined) return body();
  const start = performance.now();
  const end = () => active?.add(kind, name, start);
  let result: T;
  try {
    result = body();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.finally(end) as T;
  end();
  return result;
}
