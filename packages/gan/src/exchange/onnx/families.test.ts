import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed, type nn, noGrad, setThreads, type Tensor, torch } from "@gantry/torch";
import type { Encoder, Generator } from "../../core/nets/contract.js";
import { families } from "../../core/nets/family.js";
import { Prior } from "../../core/nets/prior.js";
import { openOnnx } from "../../testing/onnxRuntime.js";
import { exportNetwork } from "./exportNetwork.js";
import { roleOf } from "./roles.js";

setThreads(1);

const LATENT = 8;
/** Another size than any that networks are traced by, and a multiple of four. */
const BATCH = 16;

interface Case {
  readonly options: Readonly<Record<string, unknown>>;
  readonly shape?: readonly number[];
  readonly classes?: number;
  readonly joint?: boolean;
  readonly stochastic?: boolean;
}

const virtual = { generatorNorm: "virtual", referenceBatch: 3 };
const grey28 = { shape: [1, 28, 28] };

const CASES: Readonly<Record<string, readonly Case[]>> = {
  ali: [
    { options: { channels: 4 }, joint: true, stochastic: true },
    { options: { channels: 2, ...virtual }, classes: 3 },
  ],
  autogan: [
    { options: { channels: 2 }, joint: true },
    { options: { channels: 2, architecture: "b" }, classes: 3 },
    { options: { channels: 2, architecture: "c" }, stochastic: true },
  ],
  began: [{ options: { channels: 2 } }],
  biggan: [
    { options: { channels: 2, attention: 16 }, joint: true },
    { options: { channels: 2, sharedSize: 4, hierarchical: true }, classes: 3, stochastic: true },
    { options: { channels: 2, ...virtual }, classes: 3 },
  ],
  dcgan: [
    { options: { channels: 2, discriminatorNorm: "spectral" }, ...grey28, joint: true, stochastic: true },
    { options: { channels: 2 }, classes: 3 },
    { options: { channels: 2, ...virtual } },
  ],
  infogan: [
    { options: { channels: 2 }, ...grey28, joint: true },
    { options: { channels: 2 }, ...grey28, classes: 3 },
  ],
  mlp: [
    {
      options: { generatorHidden: [6], discriminatorHidden: [6], encoderHidden: [6] },
      shape: [2],
      stochastic: true,
    },
    {
      options: { generatorHidden: [6], discriminatorHidden: [6], generatorActivation: "maxout" },
      ...grey28,
      classes: 3,
      joint: true,
    },
  ],
  pacgan: [
    { options: { channels: 2 }, ...grey28, joint: true, stochastic: true },
    { options: { channels: 32, protocol: "unrolled" }, ...grey28, classes: 3 },
  ],
  resnet: [
    { options: { channels: 2, attention: 16, generatorSpectralNorm: true }, joint: true, stochastic: true },
    { options: { channels: 2, upsampling: "bilinear", shortcutActivation: "public" }, classes: 3 },
  ],
  stylegan: [
    {
      options: { channels: 8, styleSize: 4, mappingLayers: 2 },
      shape: [3, 16, 16],
      joint: true,
      stochastic: true,
    },
    { options: { channels: 8, styleSize: 4, mappingLayers: 2 }, shape: [3, 8, 8], classes: 3 },
  ],
  vaegan: [
    { options: { channels: 2 }, joint: true, stochastic: true },
    { options: { channels: 2 }, classes: 3 },
  ],
};

/** As far as one number may be from another: of large ones in proportion. */
function apart(found: Tensor, expected: Tensor): number {
  assert.deepEqual(found.shape, expected.shape);
  const wide = expected.to({ dtype: "float64" });
  return found.to({ dtype: "float64" }).sub(wide).div(wide.abs().clampMin(1)).abs().max().item();
}

/** Brings a network to where a training might have: no number that is 0 or 1 at the beginning is so, norms have seen batches. */
function warm(network: nn.Module, pass: () => void): void {
  manualSeed(2);
  noGrad(() => {
    for (const [name, parameter] of network.namedParameters())
      if (parameter.dim < 2 || name === "constant") parameter.add_(torch.randn(parameter.shape).mul(0.1));
    for (let i = 0; i < 3; i++) pass();
  });
  network.train(false);
}

/**
 * Exports a network and compares what ONNX Runtime makes of a batch to what it makes itself, in float32 and in float64.
 */
async function check(
  network: nn.Module,
  judged: { latentSize: number; classes: number | undefined },
  what: string,
): Promise<void> {
  const role = roleOf(network, judged);
  const batch = () =>
    role.inputs.map(({ shape, classes, buffer }) => {
      if (buffer !== undefined) return buffer.detach().clone();
      if (classes !== undefined) return torch.randint(0, classes, [BATCH], { dtype: "int64" });
      return torch.randn([BATCH, ...shape]).mul(0.5);
    });
  warm(network, () => role.run(batch()));
  const bytes = exportNetwork(network, { judged });
  const session = await openOnnx(bytes);
  manualSeed(1);
  const given = batch();
  const feeds = Object.fromEntries(role.inputs.map(({ name }, i) => [name, given[i] as Tensor]));
  if (session.inputs.has("psi")) {
    (network as Generator).psi = 0.7;
    feeds.psi = torch.tensor(0.7);
  }
  const drawn = [...session.inputs.keys()].filter(
    (name) => name.startsWith("noise.") && feeds[name] === undefined,
  );
  for (const [dtype, tolerance] of [
    ["float32", 1e-4],
    ["float64", 1e-5],
  ] as const) {
    network.to({ dtype });
    manualSeed(5);
    // An encoder's draws.
    for (const name of drawn) feeds[name] = torch.randn([BATCH, LATENT], { dtype }).to({ dtype: "float32" });
    const found = await session.run(feeds);
    const expected = noGrad(() => {
      manualSeed(5);
      return role.run(given.map((tensor) => (tensor.dtype === "int64" ? tensor : tensor.to({ dtype }))));
    });
    assert.deepEqual([...found.keys()], [...expected.keys()], what);
    for (const [name, tensor] of expected) {
      const distance = apart(found.get(name) as Tensor, tensor);
      assert.ok(distance < tolerance, `${what}, ${name} in ${dtype}: ${distance}`);
      assert.ok(tensor.abs().max().item() > 1e-3, `${what}, ${name}: nothing but zeros`);
    }
  }
}

const everyFamily = await families.all();

test("every family is exported here", () => {
  assert.deepEqual([...everyFamily.keys()].sort(), Object.keys(CASES).sort());
});

for (const [name, family] of everyFamily)
  for (const { options, shape = [3, 32, 32], classes, joint = false, stochastic = false } of CASES[name] ??
    [])
    test(`${name} ${JSON.stringify({ ...options, shape, classes, joint, stochastic })}`, async () => {
      const parsed = family.options.parse(options);
      const data = { kind: shape.length === 1 ? "points" : "images", shape, classes } as const;
      assert.equal(family.check(parsed, data), undefined);
      const request = { data, prior: new Prior({ size: LATENT, distribution: "normal" }), classes };
      const latentSize = joint ? LATENT : 0;
      manualSeed(1);
      const networks: Record<string, () => nn.Module> = {
        generator: () => family.generator(parsed, request),
        discriminator: () => family.discriminator(parsed, { ...request, inputShape: shape, latentSize }),
        encoder: (): Encoder => family.encoder(parsed, { ...request, stochastic }),
      };
      for (const [role, make] of Object.entries(networks)) {
        using network = make();
        await check(network, { latentSize, classes: role === "encoder" ? undefined : classes }, role);
      }
    });
