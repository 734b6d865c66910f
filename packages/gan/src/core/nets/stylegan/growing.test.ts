// StyleGAN's networks with labels and while they grow, against the transcription of golden/nets/make_stylegan.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { readGolden } from "../../../testing/golden.js";
import { assertClose, fillNetwork, patternTensor, summary } from "../../../testing/networks.js";
import { type Discriminator, Generator } from "../contract.js";
import { families } from "../family.js";
import { Growth } from "../growing.js";
import { Prior } from "../prior.js";

setThreads(1);

const golden =
  readGolden<Record<string, { output: number[]; first: number[]; gradients: Record<string, number[]> }>>(
    "nets/stylegan.json",
  );
const family = await families.get("stylegan");
const options = family.options.parse({ channels: 4, styleSize: 6, mappingLayers: 2, mixing: 0 });
const prior = new Prior({ size: 5, distribution: "normal" });

function build(kind: "generator" | "discriminator", classes: number | undefined, grows: boolean) {
  const data = { kind: "images", shape: [3, 32, 32], classes } as const;
  const request = { data, prior, classes, growing: grows ? 4 : undefined };
  const network =
    kind === "generator"
      ? family.generator(options, request)
      : family.discriminator(options, { ...request, inputShape: data.shape, latentSize: 0 });
  return fillNetwork(network);
}

const setLevel = (network: Generator | Discriminator, level: number): void => {
  for (const [, module] of network.namedModules()) if (module instanceof Growth) module.set(level);
};

/** Noise is fixed as in evaluation, and what comes out is not cut off. */
function still(network: Generator): Generator {
  for (const [, module] of network.namedModules()) if (module !== network) module.training = false;
  return network;
}

for (const [name, expected] of Object.entries(golden))
  test(`${name}: output and gradients are the transcription's`, () =>
    scope(() => {
      const labelled = name.includes("labels");
      const kind = name.startsWith("generator") ? "generator" : "discriminator";
      using network = build(kind, labelled ? 3 : undefined, !labelled);
      if (!labelled) setLevel(network, Number(name.split(" ").at(-1)));
      const label = labelled ? torch.tensor([2, 0, 1], { dtype: "int64" }) : undefined;
      const input =
        kind === "generator"
          ? patternTensor("latent", [3, 5], 3).requiresGrad_()
          : patternTensor("image", [3, 3, 32, 32], 2).requiresGrad_();
      let output: Tensor;
      if (network instanceof Generator) output = still(network).forward(input, label);
      else {
        const sample = { image: input, label };
        output = network.score(network.features(sample), sample);
      }
      assertClose(summary("output", output), expected.output, 1e-10, "output");
      assertClose(
        output.flatten().narrow(0, 0, Math.min(8, output.numel)).toNumbers(),
        expected.first,
        1e-11,
        "its start",
      );
      const named = new Map<string, Tensor>([
        ...network.namedParameters(),
        [kind === "generator" ? "latent" : "image", input],
      ]);
      const gradients = grad(
        output.mul(patternTensor("cotangent", output.shape)).sum(),
        [...named.values()],
        { allowUnused: true },
      );
      const used = [...named.keys()].filter((_, i) => gradients[i] !== undefined);
      for (const key of used) {
        const i = [...named.keys()].indexOf(key);
        const wished = expected.gradients[key] ?? [0, 0];
        assertClose(summary(key, gradients[i] as Tensor), wished, 1e-9, `gradient of ${key}`);
      }
      for (const key of Object.keys(expected.gradients)) assert.ok(used.includes(key), `${key} counts`);
    }));

test("layers of sizes that are still to come are not run, and the level is saved with the network", () =>
  scope(() => {
    using small = build("generator", undefined, true) as Generator;
    setLevel(small, 1.5);
    small.eval();
    const latent = patternTensor("latent", [2, 5], 3);
    const image = noGrad(() => small.forward(latent));
    assert.deepEqual(image.shape, [2, 3, 32, 32]);
    assert.deepEqual(small.styleSides, [4, 4, 8, 8, 16, 16]);
    using loaded = build("generator", undefined, true) as Generator;
    setLevel(loaded, 0);
    loaded.eval();
    loaded.loadStateDict(small.stateDict());
    assert.deepEqual(loaded.styleSides, small.styleSides);
    assertClose(noGrad(() => loaded.forward(latent)).toNumbers(), image.toNumbers(), 0, "image");
  }));

test("what does not grow has the names it had, and with labels two more", () =>
  scope(() => {
    const names = (classes: number | undefined, growing: boolean) =>
      (["generator", "discriminator"] as const).flatMap((kind) => {
        using network = build(kind, classes, growing);
        return [...network.stateDict().keys()].map((key) => `${kind}.${key}`);
      });
    const plain = names(undefined, false);
    assert.ok(plain.includes("generator.mapping.0.weight") && plain.includes("discriminator.last.bias"));
    const added = (more: string[]) => more.filter((name) => !plain.includes(name));
    assert.deepEqual(added(names(3, false)), [
      "generator.mapping.label.weight",
      "discriminator.label.weight",
    ]);
    assert.ok(added(names(undefined, true)).every((name) => /small_image|growth\.level/.test(name)));
  }));

test("labels mix with their own latents alone, and styles of others can be given by hand", () =>
  scope(() => {
    using network = build("generator", 3, false) as Generator;
    network.eval();
    const [a, b] = ["a", "b"].map((name) => patternTensor(name, [2, 5], 3)) as [Tensor, Tensor];
    const label = torch.tensor([2, 0], { dtype: "int64" });
    const images = (takes: (layer: number) => boolean) =>
      noGrad(() => network.mixed(a, b, takes, label)).toNumbers();
    const plain = (latent: Tensor) => noGrad(() => network.forward(latent, label)).toNumbers();
    assertClose(
      images(() => false),
      plain(a),
      0,
      "none",
    );
    assertClose(
      images(() => true),
      plain(b),
      0,
      "all",
    );
    assert.notDeepEqual(
      images((layer) => layer < 4),
      plain(a),
    );
    assert.throws(() => network.forward(a), /needs the labels/);
  }));
