// The fuzz test's child process: calls every operator with good, odd and impossible arguments, and reports.
//   node fuzz.js SEED CALLS LOG [WHICH]    LOG is given the number of the call in progress
//   WHICH: `17` replays that call, aloud; `17-` goes on from there. Every call depends on the seed and its number only.
// A crash ends this process; its parent reads from LOG which call it was.
import { openSync, writeSync } from "node:fs";
import { camel } from "../../codegen/generate.js";
import { grad } from "../autograd.js";
import { TorchError } from "../errors.js";
import { native } from "../native.js";
import { manualSeed, RandomGenerator } from "../random.js";
import type { SchemaArgument } from "../schema.js";
import { scope } from "../scope.js";
import { fromTypedArray, functions, Tensor } from "../tensor.js";
import type { DType, TypedArray } from "../types.js";
import { maker } from "./examples.js";
import { argumentsOf, loadOperators, type Operator } from "./operators.js";
import { Random } from "./random.js";

export interface FuzzReport {
  seed: number;
  calls: number;
  succeeded: number;
  torchErrors: number;
  typeErrors: number;
  /** Failures that are neither; each with the call's number. */
  others: string[];
  /** Operators of which no call succeeded. */
  neverSucceeded: string[];
  slowest: string;
  /** The most memory the process ever had, in MiB. */
  memory: number;
}

const THE_LIMIT = 64 << 20;
const DTYPES: DType[] = [
  "float32",
  "float64",
  "bfloat16",
  "float16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint8",
  "bool",
];
// biome-ignore format: a table
const SHAPES: number[][] = [
  [], [0], [1], [2], [3], [5], [3, 3], [2, 3], [3, 1], [0, 3], [3, 0], [2, 3, 4], [2, 3, 3], [4, 3, 3], [1, 4, 3, 3],
  [2, 4, 5, 5], [2, 0, 4, 4], [0, 4, 4, 4], [2, 4, 0, 3], [6, 4, 3, 3], [4, 2, 3, 3], [1, 1, 1, 1, 1], [2, 1, 2, 1, 2, 1],
  new Array(26).fill(1), new Array(65).fill(1),
];
// biome-ignore format: a table
const ODD_INTS: unknown[] = [
  -1, -2, -3, 0, 1, 2, 3, 4, 5, 7, 64, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 1, 2 ** 53, -(2 ** 31),
  -(2 ** 31) - 1, -(2 ** 53) + 1, 9223372036854775807n, -9223372036854775808n, -9223372036854775807n, 4611686018427387904n,
  2n ** 64n, 2n ** 63n, 3n, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0,
];
// biome-ignore format: a table
const ODD_FLOATS: unknown[] = [
  0, -0, 1, -1, 0.5, 2, -2, 1e-8, 1e8, 1e38, 1e308, -1e308, 5e-324, Number.NaN, Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY, 2 ** 53, 3n,
];
const ODD_STRINGS = [
  "",
  "none",
  "tanh",
  "mean",
  "ij",
  "xy",
  "reduced",
  "complete",
  "r",
  "L",
  "U",
  "gesvd",
  "é\0ü",
  "x".repeat(1000),
];
const DEVICES = [
  "cpu",
  "cuda",
  "cuda:0",
  "cuda:99",
  "mps",
  "meta",
  "cpu:0",
  "cpu:7",
  "xla",
  "",
  "cuda:-1",
  "CPU",
];
const FORMATS = ["contiguous", "channelsLast", "preserve", "channels_last", ""];

/** Typed arrays among the arguments of the call in progress. */
const readable: TypedArray[] = [];

function junk(random: Random): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => undefined,
    () => "text",
    () => "",
    () => ({}),
    () => ({ length: 3, 0: 1 }),
    () => [],
    () => [[]],
    () => [1, 2, 3],
    () => ["a"],
    () => [null],
    () => new Array(3),
    () => new Array(4294967295),
    () => new Array(100).fill(1),
    () => true,
    () => Number.NaN,
    () => -1,
    () => 2 ** 53,
    () => 10n ** 30n,
    () => Symbol("s"),
    () => () => 1,
    () => new Date(0),
    () => new Float64Array(2),
    () => new Float32Array(2),
    () => new Uint8Array(0),
    () =>
      new Proxy([], {
        get() {
          throw new TorchError("a proxy's own error");
        },
      }),
    () => Object.defineProperty([1, 2], 0, { get: () => native.liveCount() }),
    // Takes its own elements, and another argument's memory, away while it is read.
    () => {
      const list = [2, 2];
      return Object.defineProperty(list, 0, {
        get: () => {
          list.length = 0;
          for (const { buffer } of readable.splice(0))
            if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
          return 2;
        },
      });
    },
    () => class {},
    () => {
      const array = new Float32Array(4);
      structuredClone(array.buffer, { transfer: [array.buffer] });
      return array;
    },
  ])();
}

function oddTensor(random: Random): Tensor {
  const shape = random.pick(SHAPES);
  const count = shape.reduce((a, b) => a * b, 1);
  const dtype = random.chance(0.5) ? "float32" : random.pick(DTYPES);
  const wild = random.chance(0.3);
  const data = Float64Array.from({ length: count }, () => {
    if (wild && random.chance(0.3)) return Number(random.pick(ODD_FLOATS));
    return dtype.startsWith("float") || dtype === "bfloat16"
      ? random.next() * 4 - 2
      : random.int(5) - (wild ? 2 : 0);
  });
  let tensor = fromTypedArray(data, shape, dtype);
  if (random.chance(0.2) && shape.length >= 2) tensor = tensor.transpose(0, shape.length - 1);
  if (random.chance(0.1)) tensor = tensor.unsqueeze(0).expand([3, ...tensor.shape]);
  if (random.chance(0.1) && shape.length === 4) tensor = tensor.contiguous({ memoryFormat: "channelsLast" });
  if (random.chance(0.03)) tensor = tensor.toCopy({ device: "meta" });
  if (random.chance(0.05)) tensor.dispose();
  return tensor;
}

const dims = (random: Random) => Array.from({ length: random.pick([0, 1, 1, 2, 2, 2, 3, 4, 5, 8, 26, 70]) });

/** A value of the argument's own kind, at or beyond its limits. */
function odd(argument: SchemaArgument, random: Random): unknown {
  const { type } = argument;
  if (type.optional && random.chance(0.1)) return null;
  const one = (): unknown => {
    switch (type.base) {
      case "Tensor":
        return oddTensor(random);
      case "int":
        return random.chance(0.5) ? random.int(7) - 2 : random.pick(ODD_INTS);
      case "float":
        return random.pick(ODD_FLOATS);
      case "Scalar":
        return random.pick([...ODD_FLOATS, ...ODD_INTS, true, false]);
      case "bool":
        return random.pick<unknown>([true, false, true, false, 1, null]);
      case "str":
        return random.pick(ODD_STRINGS);
      case "ScalarType":
        return random.pick([...DTYPES, "complex64", "", "float"]);
      case "Layout":
        return random.pick(["strided", "sparse", ""]);
      case "MemoryFormat":
        return random.pick(FORMATS);
      case "Device":
        return random.pick(DEVICES);
      case "Generator":
        return new RandomGenerator(random.int(100));
      default:
        return junk(random);
    }
  };
  if (!type.list) return one();
  if (type.fixed && random.chance(0.2)) return one();
  if (type.base === "Tensor" && random.chance(0.3)) {
    const same = one();
    return [same, same, same];
  }
  if (random.chance(0.3)) {
    const same = one();
    return dims(random).map(() => same);
  }
  return dims(random).map(one);
}

const toHandle = (value: unknown): unknown => {
  if (value instanceof Tensor || value instanceof RandomGenerator) return value.handle;
  if (
    Array.isArray(value) &&
    value.length < 1000 &&
    Object.getOwnPropertyDescriptor(value, 0)?.get === undefined
  ) {
    try {
      if (value.some((v) => v instanceof Tensor)) return value.map(toHandle);
    } catch {
      // The proxy: it goes on as it is.
    }
  }
  return value;
};

const HIDDEN = new Set(["layout", "pin_memory", "non_blocking", "out"]);

/** Calls the typed method or function with arguments by schema name. */
function callTyped(operator: Operator, values: ReadonlyMap<string, unknown>, self: unknown): unknown {
  const front = operator.front.arguments;
  const [first] = front;
  const isMethod = first?.name === "self" && first.type.base === "Tensor" && !first.type.list;
  const visible = front.filter((a, i) => !(isMethod && i === 0) && !HIDDEN.has(a.name));
  const positional: unknown[] = visible.filter((a) => !a.keywordOnly).map((a) => values.get(a.name));
  const keywords = visible.filter((a) => a.keywordOnly);
  if (keywords.length > 0)
    positional.push(Object.fromEntries(keywords.map((a) => [camel(a.name), values.get(a.name)])));
  const table = (isMethod ? Tensor.prototype : functions) as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  const target = table[operator.key];
  if (target === undefined) throw new Error(`no method or function ${operator.key}`);
  return target.apply(isMethod ? self : functions, positional);
}

/** Every tensor in a result, wrapped when it came from the native call. */
function tensorsOf(result: unknown, isNative: boolean): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (Array.isArray(result)) return result.flatMap((r) => tensorsOf(r, isNative));
  if (isNative && typeof result === "number" && result >= 16777216) {
    try {
      native.shape(result);
      return [new Tensor(result)];
    } catch {
      return [];
    }
  }
  return [];
}

/** Reads every element and differentiates: memory errors show in use, and backward kernels have checks of their own. */
function use(results: Tensor[], inputs: Tensor[], random: Random): void {
  for (const result of results.slice(0, 20)) {
    if (result.numel <= 1e5) result.toTypedArray();
  }
  const leaves = inputs.filter((t) => t.isLive && t.requiresGrad);
  const outputs = results.filter((t) => t.isLive && t.requiresGrad && t.numel <= 1e5);
  if (leaves.length === 0 || outputs.length === 0) return;
  const total = outputs.map((t) => t.sum(null)).reduce((a, b) => a.add(b));
  const again = random.chance(0.3);
  const first = grad(total, leaves, { allowUnused: true, createGraph: again }).filter((g) => g !== undefined);
  for (const gradient of first) gradient.toTypedArray();
  const second = first.filter((g) => g.requiresGrad);
  if (!again || second.length === 0) return;
  const sum = second.map((t) => t.square().sum(null)).reduce((a, b) => a.add(b));
  for (const gradient of grad(sum, leaves, { allowUnused: true })) gradient?.toTypedArray();
}

// biome-ignore format: a table
const OTHER_FUNCTIONS = [
  "resolve", "schemas", "fromBytes", "copyTo", "item", "shape", "strides", "dtype", "device", "requiresGrad",
  "setRequiresGrad", "isLeaf", "isContiguous", "alias", "assign", "free", "grad", "makeGenerator", "defaultGenerator",
  "seedGenerator", "getGeneratorState", "setGeneratorState", "freeGenerator", "setThreads", "deviceCount",
  "enterAutocast", "leaveAutocast", "setGradEnabled", "call", "watch", "setErrorClass", "setConvolutions",
  "setAllocationLimit", "setMemoryGroups", "availableMemory", "liveCount", "liveBytes", "threads", "setDefaultDtype", "hasGroups",
] as const;

/** Where this build has them. */
const GROUP_FUNCTIONS = ["joinGroup", "leaveGroup", "allReduce", "sumOverRanks", "broadcast"] as const;

/** One of the addon's other functions, with arguments of no particular fit. */
function callOther(random: Random, say: (text: string) => void): void {
  const name = random.pick([...OTHER_FUNCTIONS, ...(native.hasGroups() ? GROUP_FUNCTIONS : [])]);
  const generator = new RandomGenerator(1);
  readable.length = 0;
  const args = Array.from({ length: random.int(7) }, () =>
    random.pick<() => unknown>([
      () => oddTensor(random).handle,
      () => [oddTensor(random).handle, oddTensor(random).requiresGrad_().handle],
      () => generator.handle,
      () => random.pick(SHAPES),
      () => random.pick(ODD_INTS),
      () => random.pick<string>([...DTYPES, ...DEVICES, ...ODD_STRINGS, "aten::add", "Tensor"]),
      () => random.chance(0.5),
      () => {
        const array: TypedArray = new Float32Array(random.int(10));
        readable.push(array);
        return array;
      },
      () => junk(random),
    ])(),
  );
  say(`native.${name}`);
  try {
    (native[name] as (...args: unknown[]) => unknown)(...args);
  } finally {
    native.setErrorClass(TorchError);
    native.setAllocationLimit(THE_LIMIT);
    native.setMemoryGroups([]);
    native.setConvolutions(true, true);
    native.setGradEnabled(true);
    native.setThreads(1);
    native.setDefaultDtype("float32");
    native.leaveAutocast("cpu", false, "bfloat16");
    // A leave without its enter: the nesting count is brought back up, or autocast's cache would never be used again.
    native.enterAutocast("cpu", "bfloat16");
    native.leaveAutocast("cpu", false, "bfloat16");
  }
}

function main(): void {
  const [seedText = "1", callsText = "10000", log = "/dev/null", which = "0-"] = process.argv.slice(2);
  const seed = Number(seedText);
  const calls = Number(callsText);
  const start = Number.parseInt(which, 10);
  const aloud = !which.endsWith("-");
  const fd = openSync(log, "w");
  const list = loadOperators();
  const successes = new Map<Operator, number>(list.map((operator) => [operator, 0]));
  const report: FuzzReport = {
    seed,
    calls: 0,
    succeeded: 0,
    torchErrors: 0,
    typeErrors: 0,
    others: [],
    neverSucceeded: [],
    slowest: "",
    memory: 0,
  };
  let slowest = 0;
  native.setThreads(1);
  native.setAllocationLimit(THE_LIMIT);

  const one = (i: number, say: (text: string) => void): string => {
    const random = new Random(seed * 1000003 + i);
    manualSeed(i);
    if (i >= list.length && random.chance(0.05)) {
      callOther(random, say);
      return "";
    }
    const make = maker(random);
    // Each operator once with its good arguments, then any with any.
    const operator = i < list.length ? (list[i] as Operator) : random.pick(list);
    const { schema } = operator;
    const values = argumentsOf(schema, make);
    const inputs = values.flat().filter((v): v is Tensor => v instanceof Tensor);
    const changes = i < list.length ? 0 : random.pick([0, 1, 1, 1, 2, 2, 3, values.length]);
    for (let k = 0; k < changes; k++) {
      const at = random.int(values.length);
      const argument = schema.arguments[at];
      if (argument !== undefined) values[at] = random.chance(0.85) ? odd(argument, random) : junk(random);
    }
    for (const value of values) {
      if (value instanceof Tensor && value.isLive && /^(b?float)/.test(value.dtype) && random.chance(0.3)) {
        value.requiresGrad_();
        inputs.push(value);
      }
    }
    const isNative = random.chance(0.6);
    const count = i >= list.length && random.chance(0.05) ? random.int(50) : values.length;
    say(
      `${schema.text}\n  ${isNative ? "native" : "typed"} ${count}/${values.length}: ${values.map(text).join(", ")}`,
    );
    let result: unknown;
    if (isNative) {
      const args = values.slice(0, count).map(toHandle);
      while (args.length < count) args.push(junk(random));
      result = native.call(operator.index, ...args);
    } else {
      const byName = new Map(schema.arguments.slice(0, count).map((a, at) => [a.name, values[at]]));
      result = callTyped(operator, byName, values[0]);
    }
    successes.set(operator, (successes.get(operator) ?? 0) + 1);
    report.succeeded++;
    const results = tensorsOf(result, isNative);
    try {
      use(results, inputs, random);
    } finally {
      if (isNative) native.free(results.map((t) => t.handle));
    }
    return schema.name;
  };

  for (let i = start; i < (aloud ? start + 1 : calls); i++) {
    writeSync(fd, `${i}\n`, 0);
    const began = performance.now();
    let name = "";
    try {
      scope(() => {
        one(i, (line) => {
          name = line;
          if (aloud) console.log(line);
        });
      });
    } catch (error) {
      if (aloud) console.log(error);
      if (error instanceof TorchError) report.torchErrors++;
      else if (error instanceof TypeError) report.typeErrors++;
      else if (report.others.length < 20) report.others.push(`call ${i}: ${name}: ${String(error)}`);
    }
    report.calls++;
    const time = performance.now() - began;
    if (time > slowest) {
      slowest = time;
      report.slowest = `call ${i}: ${time.toFixed(0)} ms: ${name.split("(")[0]}`;
    }
  }
  report.memory = Math.round(process.resourceUsage().maxRSS / 1024);
  report.neverSucceeded = [...successes]
    .filter(([, n]) => n === 0)
    .map(([operator]) => operator.schema.text.replace(/\(.*/, ""));
  console.log(JSON.stringify(report));
}

function text(value: unknown): string {
  if (value instanceof Tensor) return value.isLive ? `${value}${value.requiresGrad ? "*" : ""}` : "freed";
  if (Array.isArray(value) && value.length < 100 && value.length > 0) {
    try {
      return `[${value.map(text).join(" ")}]`;
    } catch {
      return "[proxy]";
    }
  }
  if (typeof value === "bigint") return `${value}n`;
  try {
    return String(value).slice(0, 50);
  } catch {
    return typeof value;
  }
}

main();
