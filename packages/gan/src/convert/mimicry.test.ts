import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type PthValue, readPth } from "@gantry/formats";
import { liveTensors, nn, noGrad, setThreads, type Tensor, torch } from "@gantry/torch";
import { families } from "../nets/family.js";
import { InfomaxCritics } from "../nets/layers/infomaxCritics.js";
import { Prior } from "../nets/prior.js";
import { assertClose, goldenUrl, patternTensor, readGolden, summary } from "../nets/testing.js";
import { type ConvertedNetwork, convertMimicry } from "./mimicry.js";

setThreads(1);

interface Golden {
  step: number | null;
  outputs: { shape: number[]; start: number[]; summary: [number, number] }[];
}

const golden = readGolden<Record<string, Golden>>("convert/golden/mimicry.json");
const read = (name: string): Promise<PthValue> =>
  readPth(fileURLToPath(goldenUrl(`convert/golden/${name}.pth`)));

async function evaluate(converted: ConvertedNetwork): Promise<Tensor[]> {
  const family = await families.get("resnet");
  const { family: _, ...options } = converted.net;
  const data = { kind: "images", shape: [3, converted.size, converted.size], classes: 3 } as const;
  const { classes } = converted;
  const prior = new Prior({ size: converted.latentSize ?? 1, distribution: "normal" });
  const request = { data, prior, classes };
  const parsed = family.options.parse(options);
  const tensors = new Map(
    [...converted.state].map(([name, a]) => [name, torch.fromBytes(a.data, a.shape, a.dtype)]),
  );
  const label = torch.tensor([2, 0], { dtype: "int64" });
  if (converted.role === "generator") {
    using network = family.generator(parsed, request);
    network.loadStateDict(tensors);
    const latent = patternTensor("latent", [2, 6], 3).to({ dtype: "float32" });
    return noGrad(() => [network.eval().forward(latent, label)]);
  }
  using network = family.discriminator(parsed, { ...request, inputShape: data.shape, latentSize: 0 });
  const { featureShapes, heads } = network;
  const { rotation, infomax } = converted.terms;
  if (rotation !== undefined)
    heads.set("rotation", new nn.Linear(featureShapes.global, 4, { spectralNorm: true }));
  if (infomax !== undefined)
    heads.set(
      "infomax",
      new InfomaxCritics(featureShapes.local?.[0] ?? 0, featureShapes.global, infomax.criticUnits),
    );
  network.loadStateDict(tensors);
  network.eval();
  const image = patternTensor("image", [2, ...data.shape], 2).to({ dtype: "float32" });
  return noGrad(() => {
    const sample = { image, label };
    const features = network.features(sample);
    const outputs = [network.score(features, sample)];
    if (rotation !== undefined) outputs.push(network.head<nn.Linear>("rotation").forward(features.global));
    if (infomax !== undefined)
      outputs.push(network.head<InfomaxCritics>("infomax").scores(features.local as Tensor, features.global));
    return outputs;
  });
}

for (const [name, { step, outputs: expected }] of Object.entries(golden)) {
  test(`${name} evaluates as in the public code after conversion`, async () => {
    const size = Number(name.split("-").at(-2));
    const converted = convertMimicry(await read(name), { size });
    assert.equal(converted.step, step ?? undefined);
    assert.equal(converted.size, size);
    assert.equal(converted.role, name.split("-").at(-1));
    assert.equal(converted.classes, name.startsWith("cgan") ? 3 : undefined);
    const outputs = await evaluate(converted);
    assert.equal(outputs.length, expected.length);
    for (const [i, output] of outputs.entries()) {
      const wished = expected[i] as Golden["outputs"][number];
      assert.deepEqual(output.shape, wished.shape);
      assertClose(output.flatten().toNumbers().slice(0, 16), wished.start, 1e-5, `output ${i}`);
      assertClose(summary(`output${i}`, output), wished.summary, 1e-4, `summary ${i}`);
    }
  });
}

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
});

test("nothing is left alive by a conversion", async () => {
  const value = await read("sngan-32-discriminator");
  const before = liveTensors().count;
  convertMimicry(value);
  assert.equal(liveTensors().count, before);
});
