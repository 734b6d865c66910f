import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { readGolden } from "../../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../../testing/networks.js";
import { Discriminator, type Encoder, Generator } from "../contract.js";
import { families } from "../family.js";
import { Prior } from "../prior.js";

setThreads(1);

interface Golden {
  shapes: number[][];
  outputs: [number, number][];
  first: number[][];
  gradients: Record<string, [number, number]>;
  buffers: Record<string, [number, number]>;
  evaluated: [number, number][];
  parameters: number;
}

interface Case {
  family: string;
  options: Record<string, unknown>;
  size: number;
  batch?: number;
  packing?: number;
  classes?: number;
  label?: number[];
  joint?: boolean;
  /** In evaluation from the beginning: networks that draw numbers in training. */
  evaluated?: boolean;
}

const golden = readGolden<Record<string, Golden>>("nets/networks.json");
const resnet = (size: number, channels: number, options = {}) => ({
  family: "resnet",
  size,
  options: { channels, ...options },
});
const autogan = (architecture: string, options = {}) => ({
  family: "autogan",
  size: 32,
  options: { architecture, channels: 2, ...options },
});
const pacgan = (protocol: string, options = {}) => ({
  family: "pacgan",
  size: 28,
  options: { protocol, ...options },
});
const biggan = (size: number, channels: number, options = {}) => ({
  family: "biggan",
  size,
  options: { channels, ...options },
});
const stylegan = (size: number, options = {}) => ({ family: "stylegan", size, options });
const infogan = { family: "infogan", size: 28, options: { channels: 2 } };
const mlp = (options: object) => ({ family: "mlp", size: 28, options: { ...options } });
const relu = { discriminatorActivation: "relu", dropout: 0.5 };
const vaegan = (size: number) => ({ family: "vaegan", size, options: { channels: 2 } });
const ali = (size: number, channels: number) => ({ family: "ali", size, options: { channels } });
const virtual = { generatorNorm: "virtual", referenceBatch: 4 };
const ofG = { classes: 3, label: [2, 0, 2] };
const ofD = { classes: 3, label: [1, 2] };

const cases: Record<string, Case> = {
  "resnet 32 generator": resnet(32, 2),
  "resnet 32 generator bilinear": resnet(32, 2, { upsampling: "bilinear" }),
  "resnet 32 generator conditional": { ...resnet(32, 2), classes: 3, label: [2, 0, 2] },
  "resnet 48 generator": resnet(48, 4, { upsampling: "bilinear" }),
  "resnet 64 generator": resnet(64, 2),
  "resnet 128 generator": { ...resnet(128, 2), batch: 2 },
  "resnet 32 discriminator": resnet(32, 4),
  "resnet 32 discriminator public": resnet(32, 4, { shortcutActivation: "public" }),
  "resnet 32 discriminator none mean": resnet(32, 4, { discriminatorNorm: "none", pooling: "mean" }),
  "resnet 32 discriminator conditional": { ...resnet(32, 4), classes: 3, label: [1, 2] },
  "resnet 32 discriminator packed joint": { ...resnet(32, 4), packing: 2, joint: true },
  "resnet 48 discriminator": resnet(48, 2),
  "resnet 64 discriminator public": resnet(64, 2, { shortcutActivation: "public" }),
  "resnet 128 discriminator": resnet(128, 2),
  "resnet 32 encoder": resnet(32, 2),
  "resnet 48 encoder": resnet(48, 2),
  "autogan a generator": autogan("a"),
  "autogan a generator figure": autogan("a", { skipTap: "figure" }),
  "autogan b generator": autogan("b"),
  "autogan c generator": autogan("c"),
  "autogan discriminator": autogan("a"),
  "pacgan veegan generator": pacgan("veegan", { channels: 2 }),
  "pacgan veegan discriminator": { ...pacgan("veegan", { channels: 2 }), packing: 2 },
  "pacgan unrolled generator": pacgan("unrolled"),
  "pacgan unrolled quarter discriminator": pacgan("unrolled"),
  "pacgan unrolled half discriminator": pacgan("unrolled", { discriminator: "half" }),
  "resnet 32 generator spectral attention": resnet(32, 8, { generatorSpectralNorm: true, attention: 8 }),
  "resnet 32 discriminator attention": resnet(32, 8, { attention: 16 }),
  "biggan 32 generator": { ...biggan(32, 2), classes: 3, label: [2, 0, 2] },
  "biggan 32 generator plain": biggan(32, 2, { attention: 16 }),
  "biggan 64 generator hierarchical": {
    ...biggan(64, 2, { attention: 32, sharedSize: 4, hierarchical: true }),
    classes: 3,
    label: [2, 0, 2],
  },
  "biggan 32 discriminator": { ...biggan(32, 2), classes: 3, label: [1, 2] },
  "biggan 64 discriminator attention": { ...biggan(64, 2, { attention: 32 }), classes: 3, label: [1, 2] },
  "stylegan 8 generator": {
    ...stylegan(8, { channels: 6, styleSize: 5, mappingLayers: 3 }),
    evaluated: true,
  },
  "stylegan 64 generator": {
    ...stylegan(64, { channels: 4, styleSize: 6, mappingLayers: 2 }),
    evaluated: true,
  },
  "stylegan 32 discriminator": stylegan(32, { channels: 4 }),
  "stylegan 64 discriminator": { ...stylegan(64, { channels: 4 }), batch: 6 },
  "stylegan 64 discriminator of eight": { ...stylegan(64, { channels: 4 }), batch: 8 },
  "infogan generator": infogan,
  "infogan discriminator": infogan,
  "infogan generator conditional virtual": { ...infogan, options: { channels: 2, ...virtual }, ...ofG },
  "infogan discriminator conditional": { ...infogan, ...ofD },
  "resnet 32 generator virtual": resnet(32, 2, virtual),
  "resnet 32 generator conditional virtual": { ...resnet(32, 2, virtual), ...ofG },
  "biggan 32 generator shared virtual": { ...biggan(32, 1, { sharedSize: 4, ...virtual }), ...ofG },
  "autogan a generator 48": { ...autogan("a"), size: 48 },
  "autogan discriminator 48": { ...autogan("a"), size: 48 },
  "autogan c generator conditional virtual": { ...autogan("c", virtual), ...ofG },
  "autogan discriminator conditional": { ...autogan("a"), ...ofD },
  "pacgan veegan generator conditional virtual": {
    ...pacgan("veegan", { channels: 2, ...virtual }),
    ...ofG,
  },
  "pacgan veegan discriminator conditional": { ...pacgan("veegan", { channels: 2 }), ...ofD },
  "mlp generator": mlp({ generatorLayers: 3, generatorSize: 4 }),
  "mlp generator conditional virtual": { ...mlp({ generatorHidden: [6, 4], ...virtual }), ...ofG },
  "mlp discriminator": {
    ...mlp({ discriminatorLayers: 4, discriminatorSize: 4, ...relu }),
    evaluated: true,
  },
  "mlp discriminator conditional": {
    ...mlp({ discriminatorHidden: [6, 4], ...relu }),
    ...ofD,
    evaluated: true,
  },
  "mlp encoder": mlp({ encoderHidden: [4] }),
  "vaegan 32 generator": vaegan(32),
  "vaegan 64 generator": vaegan(64),
  "vaegan 32 discriminator": vaegan(32),
  "vaegan 64 discriminator": vaegan(64),
  "vaegan 64 encoder": vaegan(64),
  "ali 32 generator": ali(32, 2),
  "ali 64 generator": ali(64, 2),
  "ali 32 discriminator": { ...ali(32, 4), evaluated: true },
  "ali 32 discriminator joint": { ...ali(32, 4), joint: true, evaluated: true },
  "ali 64 discriminator joint": { ...ali(64, 2), joint: true, evaluated: true },
  "ali 32 encoder": ali(32, 4),
  "ali 64 encoder": ali(64, 2),
};

test("every golden network is built here", () => {
  assert.deepEqual(Object.keys(cases).sort(), Object.keys(golden).sort());
});

async function build(name: string, c: Case): Promise<Generator | Discriminator | Encoder> {
  const family = await families.get(c.family);
  const options = family.options.parse(c.options);
  const data = { kind: "images", shape: [3, c.size, c.size], classes: c.classes } as const;
  assert.equal(family.check(options, data), undefined);
  const prior = new Prior({ size: 5, distribution: "normal" });
  const request = { data, prior, classes: c.classes };
  if (name.includes("generator")) return family.generator(options, request);
  if (name.includes("encoder")) return family.encoder(options, { ...request, stochastic: false });
  return family.discriminator(options, {
    ...request,
    inputShape: [3 * (c.packing ?? 1), c.size, c.size],
    latentSize: c.joint ? 5 : 0,
  });
}

for (const [name, c] of Object.entries(cases)) {
  test(`${name}: outputs, features, gradients and buffers are the transcription's`, async () => {
    const expected = golden[name] as Golden;
    using network = await build(name, c);
    scope(() => {
      fillNetwork(network);
      if (c.evaluated) network.eval();
      if (network instanceof Generator && network.psi !== undefined) network.psi = 0.7;
      const label = c.label === undefined ? undefined : torch.tensor(c.label, { dtype: "int64" });
      const inputs: Record<string, Tensor> = {};
      const images = c.batch ?? (name.includes("encoder") ? 3 : 2);
      if (network instanceof Generator) inputs.latent = patternTensor("latent", [c.batch ?? 3, 5], 3);
      else inputs.image = patternTensor("image", [images, 3 * (c.packing ?? 1), c.size, c.size], 2);
      if (c.joint) inputs.latent = patternTensor("latent", [2, 5], 3);
      for (const input of Object.values(inputs)) input.requiresGrad_();
      const forward = (): Tensor[] => {
        if (network instanceof Generator) return [network.forward(inputs.latent as Tensor, label)];
        if (!(network instanceof Discriminator)) return [network.forward(inputs.image as Tensor).latent];
        const sample = { image: inputs.image as Tensor, latent: inputs.latent, label };
        const features = network.features(sample);
        const { featureShapes } = network;
        const { local } = featureShapes;
        assert.deepEqual(features.local?.shape, local === undefined ? undefined : [images, ...local]);
        assert.deepEqual(features.global.shape, [images, featureShapes.global]);
        const maps = features.local === undefined ? [] : [features.local];
        return [network.score(features, sample), ...maps, features.global];
      };
      const outputs = forward();
      assert.deepEqual(
        outputs.map((output) => output.shape),
        expected.shapes,
      );
      for (const [i, output] of outputs.entries()) {
        assertClose(summary(`output${i}`, output), expected.outputs[i] ?? [], 1e-10, `output ${i}`);
        assertClose(
          output.flatten().narrow(0, 0, Math.min(8, output.numel)).toNumbers(),
          expected.first[i] ?? [],
          1e-11,
          `start of output ${i}`,
        );
      }
      const loss = outputs
        .map((output, i) => output.mul(patternTensor(`cotangent${i}`, output.shape)).sum())
        .reduce((a, b) => a.add(b));
      const named = new Map<string, Tensor>([...network.namedParameters(), ...Object.entries(inputs)]);
      assert.deepEqual([...named.keys()].sort(), Object.keys(expected.gradients).sort());
      const gradients = grad(loss, [...named.values()]);
      for (const [i, key] of [...named.keys()].entries())
        assertClose(
          summary(key, gradients[i] as Tensor),
          expected.gradients[key] ?? [],
          1e-9,
          `gradient of ${key}`,
        );
      const buffers = network.namedBuffers();
      assert.deepEqual(buffers.map(([key]) => key).sort(), Object.keys(expected.buffers).sort());
      for (const [key, buffer] of buffers)
        assertClose(summary(key, buffer), expected.buffers[key] ?? [], 1e-10, key);
      assert.equal(
        network.parameters().reduce((sum, parameter) => sum + parameter.numel, 0),
        expected.parameters,
      );
      network.eval();
      for (const [i, output] of noGrad(forward).entries())
        assertClose(summary(`output${i}`, output), expected.evaluated[i] ?? [], 1e-10, `evaluated ${i}`);
    });
  });
}
