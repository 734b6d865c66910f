import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed, nn, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { assertClose, patternTensor } from "../../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../../testing/tinyGame.js";
import { UsageError } from "../../base/errors.js";
import type { Generator } from "../contract.js";
import { families } from "../family.js";
import { blur } from "../layers/blur.js";
import { EqualizedConv2d, EqualizedLinear } from "../layers/equalized.js";
import { minibatchStandardDeviation } from "../layers/minibatchStandardDeviation.js";
import { StyleLayer } from "../layers/styleLayer.js";
import { Prior } from "../prior.js";

setThreads(1);

const family = await families.get("stylegan");

/** A generator of images of 16 pixels, 6 layers; noise has a weight, as after some training. */
function generator(options: Record<string, unknown> = {}): Generator {
  manualSeed(4);
  const parsed = family.options.parse({ channels: 8, styleSize: 6, mappingLayers: 2, ...options });
  const data = { kind: "images", shape: [3, 16, 16], classes: undefined } as const;
  const prior = new Prior({ size: 5, distribution: "normal" });
  const network = family.generator(parsed, { data, prior, classes: undefined });
  for (const [name, parameter] of network.namedParameters())
    if (name.endsWith("noise_weight")) noGrad(() => parameter.fill_(0.5));
  return network;
}

const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
const bufferOf = (network: nn.Module, wanted: string): Tensor =>
  network.namedBuffers().find(([name]) => name === wanted)![1];

test("in evaluation the same latent makes the same image, in training another", () =>
  scope(() => {
    using network = generator({ mixing: 0 });
    const latent = torch.randn([2, 5]);
    const image = () => noGrad(() => network.forward(latent));
    network.eval();
    assert.equal(apart(image(), image()), 0);
    network.train();
    assert.ok(apart(image(), image()) > 1e-3, "noise");
  }));

/** The style that each layer of a pass in training is given. */
function stylesIn(network: Generator, latent: Tensor): Tensor[] {
  const seen: Tensor[] = [];
  const layers = network.namedModules().flatMap(([, layer]) => (layer instanceof StyleLayer ? [layer] : []));
  for (const layer of layers)
    layer.forward = (map, style) => {
      seen.push(style);
      return StyleLayer.prototype.forward.call(layer, map, style);
    };
  noGrad(() => network.forward(latent));
  return seen;
}

test("mixing gives the layers behind a cut the style of other latents, and no mixing none", () =>
  scope(() => {
    const latent = torch.randn([3, 5]);
    using network = generator({ mixing: 1 });
    using plain = generator({ mixing: 0 });
    const [own] = stylesIn(plain, latent);
    assert.ok(stylesIn(plain, latent).every((style) => apart(style, own!) === 0));
    const before = bufferOf(network, "mean_style").detach().clone();
    const cuts = Array.from({ length: 40 }, () => {
      const styles = stylesIn(network, latent);
      assert.equal(styles.length, 6);
      const others = styles.map((style) => apart(style, own!) > 0);
      const cut = others.indexOf(true);
      assert.ok(cut > 0, "the first layer has the latent's own style, the last another");
      for (const style of styles.slice(cut)) assert.equal(apart(style, styles[cut]!), 0);
      return cut;
    });
    assert.deepEqual([...new Set(cuts)].sort(), [1, 2, 3, 4, 5]);
    // 40 times 0.995 of what it was and 0.005 of the latents' own style, whatever was mixed in.
    const expected = before.add(own!.mean([0]).mul(1 - 0.995 ** 40));
    assert.ok(apart(bufferOf(network, "mean_style"), expected) < 1e-6);
  }));

test("mixing is refused where images must be of their latents", async () => {
  const refused = (terms: Record<string, object>, reason: RegExp) =>
    assert.rejects(
      TinyGame.create({
        net: { family: "stylegan", channels: 4, styleSize: 3, mappingLayers: 1, prior: { size: 4 } },
        data: { kind: "images", shape: [1, 8, 8], classes: undefined },
        terms: { "non-saturating": {}, ...terms },
      }),
      (error) => error instanceof UsageError && reason.test(error.message),
    );
  await refused({ reconstruction: {} }, /that an encoder finds; set net\.mixing=0/);
  await refused({ ali: {} }, /set net\.mixing=0/);
  await refused({ "mutual-information": {} }, /of their codes; set net\.mixing=0/);
});

test("the mean style follows what training maps, and psi is the distance to it", () =>
  scope(() => {
    using network = generator();
    const latent = torch.randn([512, 5]);
    const mean = () => bufferOf(network, "mean_style").detach().clone();
    assert.equal(mean().abs().max().item(), 0);
    noGrad(() => network.forward(latent));
    const once = mean();
    noGrad(() => network.forward(latent));
    // mean = 0.995 mean + 0.005 w twice: 1.995 times what it was after the first.
    assert.ok(apart(mean(), once.mul(1.995)) < 1e-7 && once.abs().max().item() > 0);
    network.eval();
    const before = mean();
    const [whole, half, none] = [1, 0.5, 0].map((psi) => {
      network.psi = psi;
      return noGrad(() => network.forward(latent.narrow(0, 0, 2)));
    }) as [Tensor, Tensor, Tensor];
    assert.equal(apart(mean(), before), 0);
    const spread = (images: Tensor) => apart(images.select(0, 0), images.select(0, 1));
    assert.ok(spread(none) < 1e-6, "at the mean there is one image");
    assert.ok(spread(half) > 1e-6 && spread(half) < spread(whole), `${spread(half)}, ${spread(whole)}`);
  }));

test("a blur is the convolution with [1 2 1] both ways", () =>
  scope(() => {
    const map = patternTensor("map", [2, 3, 5, 4], 2);
    const line = torch.tensor(Float64Array.of(0.25, 0.5, 0.25), { shape: [3, 1] });
    const kernel = line.matmul(line.t()).view([1, 1, 3, 3]);
    const maps = map.reshape([6, 1, 5, 4]);
    const expected = torch.conv2d(maps, kernel, undefined, [1, 1], [1, 1]).view([2, 3, 5, 4]);
    assertClose(blur(map).toNumbers(), expected.toNumbers(), 1e-14, "blur");
  }));

test("the deviation is of groups of four, of each part of a batch by itself", () =>
  scope(() => {
    const map = patternTensor("map", [8, 2, 2, 2], 2);
    const values = map.toNumbers();
    const at = (n: number, i: number) => values[8 * n + i] as number;
    const written = (members: readonly number[]) => {
      let sum = 0;
      for (let i = 0; i < 8; i++) {
        const mean = members.reduce((total, n) => total + at(n, i), 0) / members.length;
        const variance = members.reduce((total, n) => total + (at(n, i) - mean) ** 2, 0) / members.length;
        sum += Math.sqrt(variance + 1e-8);
      }
      return sum / 8;
    };
    const found = (groups: number) =>
      nn.batchGroups(groups, () => {
        const output = minibatchStandardDeviation(map);
        assertClose(output.narrow(1, 0, 2).flatten().toNumbers(), values, 0, "the map itself");
        return output.narrow(1, 2, 1).flatten().toNumbers();
      });
    const even = written([0, 2, 4, 6]);
    const odd = written([1, 3, 5, 7]);
    const places = (value: number) => Array<number>(4).fill(value);
    assertClose(found(1), [even, odd, even, odd, even, odd, even, odd].flatMap(places), 1e-14, "one part");
    const [first, second] = [written([0, 1, 2, 3]), written([4, 5, 6, 7])];
    const four = (value: number) => Array<number>(16).fill(value);
    assertClose(found(2), [...four(first), ...four(second)], 1e-14, "two parts");
    const three = minibatchStandardDeviation(map.narrow(0, 0, 6))
      .narrow(1, 2, 1)
      .flatten()
      .toNumbers();
    const threes = [written([0, 2, 4]), written([1, 3, 5])] as const;
    assertClose(
      three,
      [0, 1, 2].flatMap(() => threes.flatMap(places)),
      1e-14,
      "6 images",
    );
  }));

test("equalized layers begin with the variance that the gain asks for, and learn at their rate", () =>
  scope(() => {
    manualSeed(2);
    using linear = new EqualizedLinear(400, 300, { rate: 0.01 });
    using convolution = new EqualizedConv2d(40, 30, { kernelSize: 3, gain: 1 });
    for (const [layer, expected, stored] of [
      [linear, Math.sqrt(2 / 400), 100],
      [convolution, Math.sqrt(1 / 360), 1],
    ] as const) {
      const deviation = (weight: Tensor) => weight.square().mean().sqrt().item();
      assert.ok(Math.abs(deviation(layer.effectiveWeight()) / expected - 1) < 0.02);
      assert.ok(Math.abs(deviation(layer.weight) / stored - 1) < 0.02);
      assert.equal(layer.bias?.abs().max().item(), 0);
    }
    const input = torch.randn([1, 400]);
    const before = linear.forward(input);
    noGrad(() => linear.bias!.add_(1));
    assert.ok(Math.abs(linear.forward(input).sub(before).mean().item() - 0.01) < 1e-6, "a bias too");
  }));

test("D's loss with R1 has the gradients of finite differences", async () => {
  using tiny = await TinyGame.create({
    net: { family: "stylegan", channels: 4, styleSize: 3, mappingLayers: 1, mixing: 0, prior: { size: 3 } },
    data: { kind: "images", shape: [1, 8, 8], classes: undefined },
    terms: { "non-saturating": {}, r1: {} },
  });
  // G stands still for D's step, and in evaluation makes the same images each time.
  tiny.game.network("generator").eval();
  checkLossGradient(tiny, ["discriminator"], { perParameter: 2, step: 1e-6, tolerance: 1e-5 });
});
