import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, manualSeed, nn, noGrad, scope, setThreads, torch } from "@gantry/torch";
import { fillNetwork, patternTensor } from "../../../testing/networks.js";
import { UsageError } from "../../base/errors.js";
import type { Discriminator, Encoder, Generator } from "../contract.js";
import { families } from "../family.js";
import { Prior } from "../prior.js";
import { ResNetDiscriminator } from "../residual/discriminator.js";
import type { DataShape } from "../sample.js";

setThreads(1);

const count = (network: nn.Module) =>
  network.parameters().reduce((sum, parameter) => sum + parameter.numel, 0);

interface Asked {
  size?: number;
  colours?: number;
  packing?: number;
  latent?: number;
  joint?: boolean;
  classes?: number | undefined;
  stochastic?: boolean;
}

async function build(familyName: string, options: Record<string, unknown>, asked: Asked = {}) {
  const family = await families.get(familyName);
  const { size = 32, colours = 3, classes, latent = 128 } = asked;
  const data = { kind: "images", shape: [colours, size, size], classes } as const;
  const parsed = family.options.parse(options);
  assert.equal(family.check(parsed, data), undefined);
  const prior = new Prior({ size: latent, distribution: "normal" });
  const request = { data, prior, classes };
  return {
    generator: (): Generator => family.generator(parsed, request),
    discriminator: (): Discriminator =>
      family.discriminator(parsed, {
        ...request,
        inputShape: [colours * (asked.packing ?? 1), size, size],
        latentSize: asked.joint ? latent : 0,
      }),
    encoder: (): Encoder => family.encoder(parsed, { ...request, stochastic: asked.stochastic ?? false }),
  };
}

test("resnet has the published numbers of parameters", async () => {
  const published = [
    [32, 4_276_739, 1_053_825],
    [48, 4_878_083, 10_141_441],
    [64, 12_220_675, 10_141_441],
    [128, 32_150_787, 29_017_857],
  ] as const;
  for (const [size, ofGenerator, ofDiscriminator] of published) {
    const nets = await build("resnet", {}, { size });
    using generator = nets.generator();
    assert.equal(count(generator), ofGenerator, `G ${size}`);
    using discriminator = nets.discriminator();
    assert.equal(count(discriminator), ofDiscriminator, `D ${size}`);
  }
});

test("biggan has the published numbers of parameters", async () => {
  // At 128 pixels for 1000 classes: google/compare_gan, resnet_biggan_test.py. For CIFAR-10 its authors say 4.3 million.
  const large = { channels: 96, attention: 64, sharedSize: 128, hierarchical: true };
  const nets = await build("biggan", large, { size: 128, classes: 1000, latent: 120 });
  using generator = nets.generator();
  assert.equal(count(generator), 70_433_988);
  using discriminator = nets.discriminator();
  assert.equal(count(discriminator), 87_982_370);
  const small = await build("biggan", {}, { classes: 10 });
  using cifar = small.generator();
  assert.equal((count(cifar) / 1e6).toFixed(1), "4.3");
});

test("resnet with the heads of SSGAN and InfoMax-GAN has their published numbers of parameters", async () => {
  const nets = await build("resnet", {});
  using discriminator = nets.discriminator();
  const { local, global } = discriminator.featureShapes;
  assert.deepEqual(local, [128, 8, 8]);
  assert.equal(global, 128);
  discriminator.heads.set("rotation", new nn.Linear(global, 4, { spectralNorm: true }));
  assert.equal(count(discriminator), 1_054_341);
  discriminator.heads.clear();
  const rkhs = 1024;
  const options = { kernelSize: 1, spectralNorm: true } as const;
  discriminator.heads.set("local a", new nn.Conv2d(local[0], local[0], options));
  discriminator.heads.set("local b", new nn.Conv2d(local[0], rkhs, options));
  discriminator.heads.set("local shortcut", new nn.Conv2d(local[0], rkhs, options));
  discriminator.heads.set("global a", new nn.Linear(global, global, { spectralNorm: true }));
  discriminator.heads.set("global b", new nn.Linear(global, rkhs, { spectralNorm: true }));
  discriminator.heads.set("global shortcut", new nn.Linear(global, rkhs, { spectralNorm: true }));
  assert.equal(count(discriminator), 1_615_233);
});

test("channels scales every width of resnet alike", async () => {
  const nets = await build("resnet", { channels: 64 });
  using generator = nets.generator();
  assert.deepEqual(generator.stateDict().get("blocks.2.conv2.weight")?.shape, [128, 128, 3, 3]);
  using discriminator = nets.discriminator();
  assert.deepEqual(discriminator.stateDict().get("blocks.3.conv2.weight_orig")?.shape, [64, 64, 3, 3]);
  const large = await build("resnet", { channels: 2 }, { size: 128 });
  using wide = large.discriminator();
  assert.deepEqual(wide.featureShapes, { local: [16, 4, 4], global: 16 });
  using tall = large.generator();
  assert.deepEqual(tall.stateDict().get("conv.weight")?.shape, [3, 1, 3, 3]);
});

test("resnet starts Xavier-uniform, with gain sqrt 2 in the blocks' 3x3 convolutions", async () => {
  const nets = await build("resnet", { channels: 16 }, { classes: 10 });
  manualSeed(3);
  using generator = nets.generator();
  using discriminator = nets.discriminator();
  const bound = (shape: readonly number[], gain: number) => {
    const field = (shape[2] ?? 1) * (shape[3] ?? 1);
    return gain * Math.sqrt(6 / ((shape[0]! + shape[1]!) * field));
  };
  for (const network of [generator, discriminator]) {
    for (const [name, parameter] of network.namedParameters()) {
      const values = parameter.toNumbers();
      const largest = Math.max(...values.map(Math.abs));
      const { shape } = parameter;
      if (name.includes("norm") && name.endsWith("embedding.weight")) {
        const half = shape[1]! / 2;
        const scales = values.filter((_, i) => i % shape[1]! < half);
        const mean = scales.reduce((a, b) => a + b) / scales.length;
        assert.ok(Math.abs(mean - 1) < 0.01 && Math.max(...scales) > 1.03, `${name}: ${mean}`);
        assert.ok(values.every((value, i) => i % shape[1]! < half || value === 0));
      } else if (shape.length > 1) {
        const limit = bound(shape, /blocks\.\d\.conv/.test(name) ? Math.SQRT2 : 1);
        assert.ok(largest <= limit && largest > 0.9 * limit, `${name}: ${largest} of ${limit}`);
      }
    }
  }
});

test("shapes of what generators make, discriminators say and encoders find", async () => {
  const families: [string, Record<string, unknown>, number][] = [
    ...[32, 48, 64, 128].map((size): [string, object, number] => ["resnet", { channels: 2 }, size]),
    ["autogan", { channels: 2, architecture: "c" }, 32],
    ["pacgan", { channels: 2 }, 28],
    ["pacgan", { protocol: "unrolled", channels: 32 }, 28],
    ["infogan", { channels: 2 }, 28],
    ["autogan", { channels: 2 }, 48],
    ...[32, 64].flatMap((size): [string, object, number][] => [
      ["vaegan", { channels: 2 }, size],
      ["ali", { channels: 2 }, size],
    ]),
    ["dcgan", { channels: 2, generatorNorm: "virtual", referenceBatch: 3 }, 32],
    ["resnet", { channels: 8, attention: 16, generatorSpectralNorm: true }, 32],
    ...[32, 64, 128].map((size): [string, object, number] => ["biggan", { channels: 1 }, size]),
    ["biggan", { channels: 4, attention: 32 }, 64],
    ...[8, 32, 128].map((size): [string, object, number] => [
      "stylegan",
      { channels: 8, styleSize: 4, mappingLayers: 2 },
      size,
    ]),
    ...[28, 32, 48, 64].map((size): [string, object, number] => ["dcgan", { channels: 2 }, size]),
  ].map(([name, options, size]) => [name as string, options as Record<string, unknown>, size as number]);
  for (const [name, options, size] of families) {
    for (const asked of [
      { colours: 1, packing: 3 },
      { joint: true, stochastic: true },
    ] as Asked[]) {
      const what = `${name} ${size} ${JSON.stringify(asked)}`;
      const nets = await build(name, options, { ...asked, size, latent: 7 });
      scope(() => {
        const shape = [asked.colours ?? 3, size, size];
        using generator = nets.generator();
        const latent = torch.randn([2, 7]);
        const image = noGrad(() => generator.forward(latent));
        assert.deepEqual(image.shape, [2, ...shape], what);
        assert.deepEqual(generator.outputShape, shape);
        using discriminator = nets.discriminator();
        const packed = torch.cat(
          Array.from({ length: asked.packing ?? 1 }, () => image),
          1,
        );
        const sample = { image: packed, latent };
        const features = noGrad(() => discriminator.features(sample));
        const { featureShapes } = discriminator;
        assert.deepEqual(features.local?.shape, [2, ...featureShapes.local!], what);
        assert.deepEqual(features.global.shape, [2, featureShapes.global], what);
        assert.deepEqual(discriminator.score(features, sample).shape, [2], what);
        if (asked.joint)
          assert.throws(() => discriminator.features({ image: packed }), /the sample has no latent/);
        using encoder = nets.encoder();
        const { latent: found, mean, logVariance } = noGrad(() => encoder.forward(image));
        for (const part of asked.stochastic ? [found, mean, logVariance] : [found])
          assert.deepEqual(part?.shape, [2, 7], what);
        assert.equal(mean === undefined, !asked.stochastic);
      });
    }
  }
});

test("a joint discriminator's score depends on the latent", async () => {
  for (const [name, size] of [
    ["resnet", 32],
    ["dcgan", 28],
    ["pacgan", 28],
    ["infogan", 28],
    ["vaegan", 32],
    ["ali", 32],
    ["mlp", 28],
    ["biggan", 32],
    ["stylegan", 16],
  ] as const) {
    const width = name === "mlp" ? {} : { channels: 4 };
    const nets = await build(name, width, { size, latent: 3, joint: true });
    scope(() => {
      using discriminator = nets.discriminator().eval();
      const image = torch.randn([2, 3, size, size]);
      const latent = torch.randn([2, 3]).requiresGrad_();
      const sample = { image, latent };
      const score = discriminator.score(discriminator.features(sample), sample);
      const [slope] = grad(score.sum(), [latent]);
      assert.ok(slope!.abs().sum().item() > 0, name);
    });
  }
});

test("public shortcuts and local features are the ReLU of the preactivated ones", async () => {
  const [ours, theirs] = await Promise.all(
    (["preactivated", "public"] as const).map((shortcutActivation) =>
      build("resnet", { channels: 4, shortcutActivation }),
    ),
  );
  scope(() => {
    using preactivated = ours!.discriminator();
    using publicForm = theirs!.discriminator();
    assert.ok(preactivated instanceof ResNetDiscriminator && publicForm instanceof ResNetDiscriminator);
    const state = new Map([...preactivated.stateDict()]);
    publicForm.loadStateDict(state);
    preactivated.eval();
    publicForm.eval();
    const image = patternTensor("image", [2, 3, 32, 32], 2).to({ dtype: "float32" });
    noGrad(() => {
      // After the first block both networks hold the same map; what the second block's shortcut reads is where they part.
      const map = preactivated.blocks[0]!.forward(image);
      assert.ok(map.min().item() < 0);
      const apart = preactivated.blocks[1]!.forward(map).sub(publicForm.blocks[1]!.forward(map));
      assert.ok(apart.abs().max().item() > 1e-3);
      const same = preactivated.blocks[1]!.forward(map.relu()).sub(publicForm.blocks[1]!.forward(map));
      assert.ok(same.abs().max().item() < 1e-6);
      assert.ok(preactivated.features({ image }).local!.min().item() < 0);
      assert.equal(publicForm.features({ image }).local!.min().item(), 0);
    });
  });
});

/** Families that take classes and virtual batch norm: narrow, at their smallest size. */
const CLASSED = [
  ["resnet", 32, { channels: 2 }],
  ["biggan", 32, { channels: 2 }],
  ["dcgan", 28, { channels: 2 }],
  ["pacgan", 28, { channels: 2 }],
  ["infogan", 28, { channels: 2 }],
  ["autogan", 32, { channels: 2 }],
  ["vaegan", 32, { channels: 2 }],
  ["ali", 32, { channels: 4 }],
  ["mlp", 28, { generatorHidden: [6], discriminatorHidden: [6] }],
] as const;
const virtual = { generatorNorm: "virtual", referenceBatch: 3 };

for (const [name, size, options] of CLASSED.flatMap(([name, size, width]) =>
  [{}, virtual].map((norm) => [name, size, { ...width, ...norm }] as const),
))
  test(`conditional ${name} follows the label, and says when it is missing ${JSON.stringify(options)}`, async () => {
    const nets = await build(name, options, { classes: 3, latent: 4, size });
    scope(() => {
      manualSeed(1);
      using generator = nets.generator();
      assert.equal(generator.classes, 3);
      const latent = torch.randn([1, 4]).expand([3, 4]);
      const label = torch.tensor([0, 1, 1], { dtype: "int64" });
      const image = noGrad(() => generator.forward(latent, label));
      assert.ok(image.select(0, 0).sub(image.select(0, 1)).abs().sum().item() > 0);
      assert.throws(() => generator.forward(latent), /needs the labels/);
      using discriminator = nets.discriminator().eval();
      // LibTorch does not round every row of a batch alike, by a processor's kernels: in float32 that is as much as a label may do.
      discriminator.to({ dtype: "float64" });
      const twice = torch.randn([1, 3, size, size], { dtype: "float64" }).expand([3, 3, size, size]);
      const sample = { image: twice, label };
      const [zero, one, again] = noGrad(() =>
        discriminator.score(discriminator.features(sample), sample),
      ).toNumbers() as [number, number, number];
      const apart = (a: number, b: number) => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
      assert.ok(apart(zero, one) > 1e-5, `${zero}, ${one}`);
      assert.ok(apart(one, again) < 1e-12, `${one}, ${again}`);
      const unlabelled = { image: twice };
      assert.throws(
        () => discriminator.score(discriminator.features(unlabelled), unlabelled),
        /needs the labels/,
      );
    });
  });

test("what the networks cannot carry is refused with what to do", async () => {
  const refusals: [string, Record<string, unknown>, number[], RegExp][] = [
    ["resnet", {}, [3, 28, 28], /32, 48, 64, 128 pixels, not \[3,28,28\]; set data\.size/],
    ["resnet", {}, [3, 32, 48], /square/],
    ["autogan", {}, [3, 64, 64], /32 or 48 pixels/],
    ["vaegan", {}, [3, 48, 48], /32, 64 pixels, not \[3,48,48\]; set data\.size/],
    ["ali", {}, [3, 28, 28], /32, 64 pixels, not \[3,28,28\]; set data\.size/],
    ["pacgan", {}, [3, 32, 32], /28 pixels/],
    ["infogan", {}, [3, 32, 32], /28 pixels/],
    ["biggan", {}, [3, 48, 48], /32, 64, 128 pixels, not \[3,48,48\]; set data\.size/],
    ["resnet", { attention: 4 }, [3, 32, 32], /no such map in common at 32 pixels; take 8, 16, or null/],
    ["stylegan", {}, [3, 48, 48], /8, 16, 32, 64, \.\.\. pixels, not \[3,48,48\]/],
    ["stylegan", { channels: 4 }, [3, 256, 256], /no channel at 256 pixels; take 8 or more/],
    ["biggan", { attention: 128 }, [3, 128, 128], /take 8, 16, 32, 64, or null/],
    ["pacgan", { protocol: "unrolled", channels: 16 }, [3, 28, 28], /multiple of 32/],
  ];
  for (const [name, options, shape, reason] of refusals) {
    const family = await families.get(name);
    const data = { kind: "images", shape, classes: undefined } as const;
    assert.match(family.check(family.options.parse(options), data) ?? "", reason);
    assert.match(family.check(family.options.parse(options), { ...data, kind: "points" }) ?? "", /images/);
  }
  for (const even of ["resnet", "ali"]) {
    const family = await families.get(even);
    assert.throws(() => family.options.parse({ channels: 3 }), /even/);
  }
  const mlp = await families.get("mlp");
  const digits = { kind: "images", shape: [1, 28, 28], classes: undefined } as const;
  const refused = (options: object, data: DataShape = digits) => mlp.check(mlp.options.parse(options), data);
  assert.equal(refused({}), undefined);
  assert.match(refused({}, { ...digits, shape: [3, 48, 48] }) ?? "", /up to 32 pixels, not \[3,48,48\]/);
  assert.match(
    refused({ generatorNorm: "virtual", generatorBatchNorm: false }) ?? "",
    /G has no norms to change; set net\.generatorBatchNorm=true too/,
  );
});

test("what BigGAN's options cannot be together is refused with what to do", async () => {
  const refused = async (options: Record<string, unknown>, asked: Asked, reason: RegExp) => {
    const nets = await build("biggan", { channels: 1, ...options }, asked);
    assert.throws(nets.generator, (error) => error instanceof UsageError && reason.test(error.message));
  };
  const whole = { sharedSize: 4, hierarchical: true };
  await refused({ hierarchical: true }, { classes: 3 }, /set net\.sharedSize=128 too/);
  await refused(whole, {}, /set conditional=true/);
  await refused(whole, { classes: 3, latent: 10 }, /a latent of 10 does not divide into 4 equal parts/);
});

test("with virtual batch norm an image does not depend on those beside it, with batch norm it does", async () => {
  for (const [name, size, width] of CLASSED)
    for (const classes of [undefined, 3])
      for (const generatorNorm of ["virtual", "batch"]) {
        const nets = await build(
          name,
          { ...width, generatorNorm, referenceBatch: 5 },
          { size, latent: 6, classes },
        );
        scope(() => {
          using generator = fillNetwork(nets.generator());
          // In training its spectral norm moves from one pass to the next.
          if (name === "biggan" && generatorNorm === "virtual") generator.eval();
          const latent = torch.randn([4, 6], { dtype: "float64" });
          const label = torch.tensor([0, 2, 1, 1], { dtype: "int64" });
          const made = (count: number) =>
            noGrad(() =>
              generator.forward(
                latent.narrow(0, 0, count),
                classes === undefined ? undefined : label.narrow(0, 0, count),
              ),
            );
          const difference = made(2)
            .sub(made(4).narrow(0, 0, 2))
            .abs()
            .max()
            .item();
          const what = `${name}, ${classes} classes, ${generatorNorm}: ${difference}`;
          assert.ok(generatorNorm === "virtual" ? difference < 1e-12 : difference > 1e-4, what);
        });
      }
});

test("a reference batch is drawn once, of the prior and of all classes, and is part of the state", async () => {
  for (const [name, size, width] of CLASSED) {
    manualSeed(2);
    const asked = { size, latent: 4, classes: 3 };
    const nets = await build(name, { ...width, generatorNorm: "virtual", referenceBatch: 64 }, asked);
    using generator = nets.generator();
    const state = generator.stateDict();
    const inputs = state.get("reference");
    const labels = state.get("reference_label");
    // Where norms read the class, it stands apart; elsewhere beside the latent.
    assert.deepEqual(inputs?.shape, [64, labels === undefined ? 7 : 4], name);
    scope(() => {
      const drawn =
        labels ?? inputs!.narrow(1, 4, 3).matmul(torch.tensor([0, 1, 2]).to({ dtype: "float32" }));
      assert.deepEqual([...new Set(drawn.toNumbers())].sort(), [0, 1, 2], name);
    });
  }
});

test("dropout is in D alone, and in training alone", async () => {
  for (const [name, size, options] of [
    ["mlp", 28, { generatorHidden: [6], discriminatorHidden: [64], dropout: 0.5 }],
    ["ali", 32, { channels: 4 }],
    ["ali", 64, { channels: 2 }],
  ] as const) {
    const nets = await build(name, options, { size, latent: 4 });
    scope(() => {
      using discriminator = fillNetwork(nets.discriminator());
      const image = patternTensor("image", [2, 3, size, size], 2);
      const scores = () =>
        noGrad(() => discriminator.score(discriminator.features({ image }), { image })).toNumbers();
      assert.notDeepEqual(scores(), scores(), name);
      discriminator.eval();
      assert.deepEqual(scores(), scores(), name);
      using generator = nets.generator();
      assert.ok(generator.namedModules().every(([, module]) => !(module instanceof nn.Dropout)));
    });
  }
  const nets = await build("mlp", {
    discriminatorHidden: [4096],
    discriminatorActivation: "relu",
    dropout: 0.25,
  });
  scope(() => {
    using discriminator = nets.discriminator();
    const image = torch.randn([1, 3, 32, 32]);
    const kept = (training: boolean) =>
      noGrad(() => discriminator.train(training).features({ image }).global).toNumbers();
    const [whole, dropped] = [kept(false), kept(true)];
    const live = whole.flatMap((value, i) => (value > 0 ? [dropped[i]! / value] : []));
    const zeros = live.filter((share) => share === 0).length / live.length;
    assert.ok(Math.abs(zeros - 0.25) < 0.05, `${zeros}`);
    assert.ok(live.every((share) => share === 0 || Math.abs(share - 4 / 3) < 1e-5));
  });
});

test("VAE-GAN's local features are what the convolution that is asked for makes", async () => {
  for (const [localConvolution, shape] of [
    [1, [8, 16, 16]],
    [2, [12, 8, 8]],
    [3, [16, 4, 4]],
  ] as const) {
    const nets = await build("vaegan", { channels: 2, localConvolution });
    scope(() => {
      using discriminator = nets.discriminator();
      const { local } = noGrad(() => discriminator.features({ image: torch.randn([2, 3, 32, 32]) }));
      assert.deepEqual(discriminator.featureShapes.local, shape);
      assert.deepEqual(local?.shape, [2, ...shape]);
      // Before batch norm and ReLU.
      assert.ok(local!.min().item() < 0);
    });
  }
});

test("mode-regularized GAN's grid: layers and sizes in the place of lists", async () => {
  const asked = { size: 28, colours: 1, latent: 100 };
  for (const layers of [2, 3, 4])
    for (const size of [40, 80]) {
      const hidden = Array<number>(layers - 1).fill(size);
      const [counted, listed] = await Promise.all([
        build(
          "mlp",
          {
            generatorLayers: layers,
            generatorSize: size,
            discriminatorLayers: layers,
            discriminatorSize: size,
          },
          asked,
        ),
        build("mlp", { generatorHidden: hidden, discriminatorHidden: hidden }, asked),
      ]);
      for (const network of ["generator", "discriminator"] as const) {
        using one = counted![network]();
        using other = listed![network]();
        const shapes = (each: nn.Module) => [...each.stateDict()].map(([key, { shape }]) => [key, shape]);
        assert.deepEqual(shapes(one), shapes(other), `${network} ${layers} of ${size}`);
        assert.equal(one.parameters().filter(({ dim }) => dim === 2).length, layers);
      }
    }
});

test("the networks of VAE-GAN's and ALI's codes have the numbers of parameters that their tables add up to", async () => {
  const linear = (inputs: number, outputs: number, bias = 0) => (inputs + bias) * outputs;
  const convolution = (kernel: number, inputs: number, outputs: number) => kernel ** 2 * inputs * outputs;
  const asked = { latent: 128, size: 64 };
  const vaegan = await build("vaegan", {}, asked);
  using decoder = vaegan.generator();
  assert.equal(
    count(decoder),
    linear(128, 256 * 64, 2) + // batch norm: a scale and a shift
      [
        [256, 256],
        [256, 128],
        [128, 32],
      ].reduce((sum, [a, b]) => sum + convolution(5, a!, b!) + 2 * b!, 0) +
      (convolution(5, 32, 3) + 3),
  );
  using discriminator = vaegan.discriminator();
  assert.equal(
    count(discriminator),
    convolution(5, 3, 32) +
      32 +
      [
        [32, 128],
        [128, 256],
        [256, 256],
      ].reduce((sum, [a, b]) => sum + convolution(5, a!, b!) + 2 * b!, 0) +
      linear(256 * 64, 512, 2) +
      513,
  );
  const ali = await build("ali", {}, { latent: 64, joint: true });
  using pairs = ali.discriminator();
  assert.equal(
    count(pairs),
    [
      [5, 3, 32],
      [4, 16, 64],
      [4, 32, 128],
      [4, 64, 256],
      [4, 128, 512],
    ].reduce((sum, [k, a, b]) => sum + convolution(k!, a!, b!) + b!, 0) +
      linear(64, 512) +
      linear(256, 512) +
      linear(512, 1024, 1) +
      linear(512, 1024, 1) +
      513,
  );
});

test("each part of a hierarchical latent, and the class, reach the image", async () => {
  const nets = await build(
    "biggan",
    { channels: 2, sharedSize: 4, hierarchical: true },
    { classes: 3, latent: 8 },
  );
  scope(() => {
    using generator = nets.generator().eval();
    const latent = torch.randn([1, 8]);
    const image = (z: typeof latent, label: number) =>
      noGrad(() => generator.forward(z, torch.tensor([label], { dtype: "int64" })));
    const first = image(latent, 0);
    for (let part = 0; part < 4; part++) {
      const other = latent.clone();
      other.narrow(1, 2 * part, 2).fill_(3);
      assert.ok(image(other, 0).sub(first).abs().max().item() > 0, `part ${part}`);
    }
    assert.ok(image(latent, 1).sub(first).abs().max().item() > 0);
  });
});

test("BigGAN starts as its code does, with scales around 1", async () => {
  manualSeed(3);
  for (const initialization of ["normal", "orthogonal"] as const) {
    const nets = await build("biggan", { channels: 4, attention: 16, initialization }, { classes: 10 });
    using generator = nets.generator();
    using discriminator = nets.discriminator();
    for (const network of [generator, discriminator])
      for (const [name, parameter] of network.namedParameters()) {
        if (parameter.dim < 2) continue;
        scope(() => {
          const wide = name.endsWith("embedding.weight") && name.includes("norm");
          const [scale, shift] = wide ? parameter.detach().chunk(2, 1) : [undefined, parameter.detach()];
          for (const [part, mean] of [
            [scale, 1],
            [shift, 0],
          ] as const) {
            const matrix = part?.sub(mean).flatten(1);
            if (matrix === undefined) continue;
            if (initialization === "normal") {
              const std = matrix.square().mean().sqrt().item();
              assert.ok(Math.abs(std - 0.02) < 0.02 * (5 / Math.sqrt(2 * matrix.numel)), `${name}: ${std}`);
            } else {
              const [rows = 0, columns = 0] = matrix.shape;
              const gram = rows > columns ? matrix.t().matmul(matrix) : matrix.matmul(matrix.t());
              const off = gram
                .sub(torch.eye(Math.min(rows, columns)))
                .abs()
                .max()
                .item();
              assert.ok(off < 1e-4, `${name}: ${off}`);
            }
          }
        });
      }
  }
});

test("the pacgan networks have the published small sizes", async () => {
  const sizes: [Record<string, unknown>, number][] = [
    // Three convolutions of 3x3 with biases and batch norm each, then 4*4*8 (16) to 1.
    [{ discriminator: "quarter" }, 3 * 9 * 2 + 2 * 9 * 4 + 4 * 9 * 8 + 3 * 14 + 129],
    [{ discriminator: "half" }, 3 * 9 * 4 + 4 * 9 * 8 + 8 * 9 * 16 + 3 * 28 + 257],
  ];
  for (const [options, expected] of sizes) {
    const nets = await build("pacgan", { protocol: "unrolled", ...options }, { size: 28, latent: 256 });
    using discriminator = nets.discriminator();
    assert.equal(count(discriminator), expected);
  }
});
