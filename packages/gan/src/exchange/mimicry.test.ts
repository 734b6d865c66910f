import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ArrayValue, type PthValue, readPth } from "@gantry/formats";
import { liveTensors, setThreads } from "@gantry/torch";
import { goldenUrl, readGolden } from "../testing/golden.js";
import { assertEvaluates, type GoldenOutput } from "../testing/mimicry.js";
import { pattern } from "../testing/networks.js";
import { convertMimicry, isMimicry, type MimicryMethod } from "./mimicry.js";

setThreads(1);

interface Golden {
  step: number | null;
  outputs: GoldenOutput[];
}

const golden = readGolden<Record<string, Golden>>("exchange/mimicry.json");
const read = (name: string): Promise<PthValue> => readPth(fileURLToPath(goldenUrl(`exchange/${name}.pth`)));

for (const [name, { step, outputs: expected }] of Object.entries(golden)) {
  test(`${name} evaluates as in the public code after conversion`, async () => {
    const size = Number(name.split("-").at(-2));
    const method = name.startsWith("wgan") ? "wgan-gp" : undefined;
    const converted = convertMimicry(await read(name), { size, method });
    assert.equal(converted.step, step ?? undefined);
    assert.equal(converted.size, size);
    assert.equal(converted.role, name.split("-").at(-1));
    assert.equal(converted.classes, name.startsWith("cgan") ? 3 : undefined);
    await assertEvaluates(converted, expected, 1e-5);
  });
}

interface OwnCase {
  family: MimicryMethod;
  size: number;
  role: "generator" | "discriminator";
  tensors: Record<string, number[]>;
  outputs: GoldenOutput[];
}

/** `filled` of golden/exchange/make_mimicry_own.py. */
function filled(name: string, shape: readonly number[]): ArrayValue {
  if (name.endsWith("num_batches_tracked")) return { dtype: "int64", shape: [], data: new Uint8Array(8) };
  const values = Float32Array.from(pattern(name, shape), (p) => {
    if (name.endsWith("running_var")) return p + 1;
    if (/weight_[uv]$/.test(name)) return (p + 0.6) / Math.sqrt(shape.reduce((a, b) => a * b, 1));
    if (name.endsWith("weight_orig")) return p + 0.3;
    return name.endsWith("gamma") ? 0.7 : p * 0.8;
  });
  return { dtype: "float32", shape: [...shape], data: new Uint8Array(values.buffer) };
}

const own = readGolden<OwnCase[]>("exchange/mimicry-own.json");
const stateOf = ({ tensors }: OwnCase) =>
  new Map<PthValue, PthValue>(Object.entries(tensors).map(([name, shape]) => [name, filled(name, shape)]));

for (const golden of own) {
  const { family: method, size, role, outputs } = golden;
  test(`${method}'s ${role} of ${size} pixels computes what the public code does`, async () => {
    const state = stateOf(golden);
    assert.ok(isMimicry(state));
    const converted = convertMimicry(state, { method, size });
    assert.equal(converted.role, role);
    assert.deepEqual(converted.methods, [method]);
    await assertEvaluates(converted, outputs, 2e-5);
  });
}

test("without its method a network is what all that hold its tensors are, or it is asked for", () => {
  for (const golden of own) {
    const { family, size, role } = golden;
    const convert = () => convertMimicry(stateOf(golden), { size });
    const plain = ["dcgan", "dcgan-cifar", "wgan-gp"].includes(family);
    if (role === "discriminator" && plain && size !== 48) {
      assert.throws(
        convert,
        /is a discriminator without spectral norm, and the tensors of dcgan.* are the same/,
      );
      continue;
    }
    const { methods } = convert();
    assert.ok(methods.includes(family), `${family} ${size} ${role}: ${methods}`);
  }
  const sngan = own.find(({ family, role }) => family === "sngan" && role === "discriminator") as OwnCase;
  assert.throws(
    () => convertMimicry(stateOf(sngan), { method: "dcgan" }),
    /holds a discriminator of sngan, not of dcgan/,
  );
});

test("wrappers and prefixes of others are seen through", () => {
  const golden = own.find(({ family }) => family === "sagan") as OwnCase;
  const state = stateOf(golden);
  const expected = convertMimicry(state).state;
  const parallel = new Map([...state].map(([name, array]) => [`module.${name}`, array]));
  for (const wrapped of [
    parallel,
    new Map<PthValue, PthValue>([["state_dict", state]]),
    new Map<PthValue, PthValue>([
      ["model_state_dict", parallel],
      ["global_step", 7],
    ]),
    new Map<PthValue, PthValue>([
      ["model", parallel],
      ["epoch", 3],
    ]),
    new Map<PthValue, PthValue>([
      ["epoch", 3],
      ["generator", new Map<PthValue, PthValue>([["state_dict", parallel]])],
    ]),
  ])
    assert.deepEqual([...convertMimicry(wrapped).state.keys()], [...expected.keys()]);
  const tensor = { dtype: "int64", shape: [], data: new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0]) } as const;
  const steps: [PthValue, number | undefined][] = [
    [7, 7],
    [{ ...tensor, shape: [] }, 7],
    [-1, undefined],
    [10n ** 30n, undefined],
    ["7", undefined],
  ];
  for (const [step, expected] of steps) {
    const wrapped = new Map<PthValue, PthValue>([
      ["state_dict", state],
      ["step", step],
    ]);
    assert.equal(convertMimicry(wrapped).step, expected);
  }
});

test("the size is found where the tensors tell it, and asked for where they do not", async () => {
  for (const name of ["sngan-32-discriminator", "sngan-48-generator", "sngan-64-generator"])
    assert.equal(convertMimicry(await read(name)).size, Number(name.split("-")[1]));
  const twofold = await read("infomax-48-discriminator");
  assert.throws(
    () => convertMimicry(twofold, { file: "netD.pth" }),
    /netD\.pth fits images of 48 and of 64 pixels alike; give their size/,
  );
  assert.throws(() => convertMimicry(twofold, { size: 32 }), /a discriminator of 48 or 64 pixels, not of 32/);
});

test("other checkpoints are refused by the tensor that does not fit", async () => {
  const state = (await read("sngan-32-discriminator")) as Map<PthValue, PthValue>;
  const array = [...state.values()][0] as PthValue;
  assert.throws(
    () => convertMimicry(new Map([["conv1.weight", array]])),
    /has a tensor 'conv1\.weight' that is none of/,
  );
  assert.throws(
    () => convertMimicry(new Map([...state, ["block2.attention.weight", array]])),
    /'block2\.attention\.weight'/,
  );
  assert.throws(() => convertMimicry(new Map()), /which no size has/);
  const [name] = [...state].find(([, value]) => (value as ArrayValue).dtype === "float32") as [
    string,
    unknown,
  ];
  const first = state.get(name) as ArrayValue;
  const broken = new Float32Array(first.data.length / 4).fill(Number.NaN);
  assert.throws(
    () => convertMimicry(new Map([...state, [name, { ...first, data: new Uint8Array(broken.buffer) }]])),
    /that are not finite/,
  );
  assert.throws(
    () => convertMimicry(new Map([...state, [name, { ...first, storedAs: "complex64" }]])),
    /has complex numbers in/,
  );
});

test("nothing is left alive by a conversion", async () => {
  const value = await read("sngan-32-discriminator");
  const before = liveTensors().count;
  convertMimicry(value);
  assert.equal(liveTensors().count, before);
});
