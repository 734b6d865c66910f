// Operators that Gantry's own networks do not use, for networks of one's own: each against the engine, by ONNX Runtime.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed, nn, noGrad, setThreads, type Tensor, torch } from "@gantry/torch";
import { Generator } from "../../core/nets/contract.js";
import { Prior } from "../../core/nets/prior.js";
import { openOnnx } from "../../testing/onnxRuntime.js";
import { exportNetwork } from "./exportNetwork.js";

setThreads(1);

const SIZE = 12;
const BATCH = 5;

/** A generator that is one function of its latents, N,12, and of maps of them, N,3,2,2. */
class OfFunction extends Generator {
  readonly prior = new Prior({ size: SIZE, distribution: "normal" });
  readonly outputShape = [1];
  readonly weight = nn.parameter(torch.randn([3]));
  readonly inner: nn.Layer;

  constructor(body: (x: Tensor, map: Tensor, weight: Tensor) => Tensor) {
    super();
    const { weight } = this;
    this.inner = new (class extends nn.Layer {
      forward(x: Tensor): Tensor {
        return body(x, x.view([-1, 3, 2, 2]), weight);
      }
    })();
  }

  forward(latent: Tensor): Tensor {
    return this.inner.forward(latent);
  }
}

type Body = ConstructorParameters<typeof OfFunction>[0];

const FUNCTIONS: Readonly<Record<string, Body>> = {
  gelu: (x) => x.gelu().add(x.gelu({ approximate: "tanh" })),
  "silu, elu, softplus": (x) => x.silu().add(x.elu(0.7)).add(x.softplus(2)).add(x.logSigmoid()),
  "clamp, hardtanh": (x) => x.clamp(-0.3, null).add(x.hardtanh()).add(x.clampMax(0.2)),
  "expm1, log1p, powers": (x) => x.expm1().add(x.square().log1p()).add(x.abs().pow(1.5)).add(x.exp().rsqrt()),
  remainders: (x) => x.remainder(0.7).add(x.mul(3).round().floor()),
  "lerp, addcmul": (x) => x.lerp(x.neg(), 0.3).addcmul(x, x.sin(), { value: 0.5 }).rsub(2),
  "where, masks": (x) =>
    torch
      .where(x.gt(0), x, x.mul(2))
      .maskedFill(x.lt(-1), 9)
      .add(x.ne(0).to({ dtype: "float32" })),
  "in place": (x) => x.clone().mul_(2).add_(1).clamp_(-1, 1),
  "variance, mean": (x) =>
    torch.cat([x.var([1], { keepdim: true }), x.std([1], { keepdim: true, correction: 0 })], 1),
  "norms of vectors": (x) =>
    torch.stack([x.vectorNorm(2, [1]), x.vectorNorm(1, [1]), x.vectorNorm(3, [1])], 1),
  "largest, in order": (x) =>
    torch.cat([x.sort(1)[0], x.topk(3, 1)[0], x.amax([1], true), x.maxAlong(1, true)[0]], 1),
  "places of the largest": (x) => x.argmax(1).oneHot(SIZE).to({ dtype: "float32" }),
  softmax: (x) =>
    x
      .softmax(1)
      .add(x.logSoftmax(-1))
      .add(x.cumsum(1))
      .sub(x.logsumexp([1], true)),
  "rolled, flipped, repeated": (x, map) =>
    map
      .roll([1], [3])
      .flip([2])
      .add(map.flip([3, 1]))
      .repeat([1, 2, 1, 1]),
  "repeated pixels": (_, map) => map.repeatInterleave(2, 2).narrow(2, 1, 2).slice(3, 0, 2, 1),
  "every second": (x) => x.slice(1, 1, SIZE, 2).add(x.select(1, -1).unsqueeze(1)),
  "triangles of products": (x) =>
    x
      .view([-1, 3, 4])
      .matmul(x.view([-1, 4, 3]))
      .tril()
      .add(1),
  "from the batch's size": (x) =>
    x
      .add(torch.zeros([x.size(0), 1]))
      .expand([2, -1, -1])
      .sum([0]),
  "layer, group and instance norms": (_, map, weight) =>
    torch
      .groupNorm(map, 3, weight, weight)
      .add(torch.layerNorm(map, [2, 2]))
      .add(nn.halved(map)),
  "pixel shuffle, padding, pooling": (x) =>
    x.view([-1, 12, 1, 1]).pixelShuffle(2).constantPadNd([1, 2, 0, 1], 0.5).maxPool2d([2, 2], [1, 1]),
  "pooled to a size": (x) => x.view([-1, 3, 4, 1]).adaptiveAvgPool2d([2, 1]),
  "aligned corners": (_, map) => map.upsampleBilinear2d([5, 7], true),
  "bilinear, three times": (_, map) => map.upsampleBilinear2d([6, 6], false, 3, 3),
  "picked by index": (x) => x.indexSelect(1, torch.tensor([3, 0, 3], { dtype: "int64" })),
};

const forward = (network: Generator, latents: Tensor) => noGrad(() => network.forward(latents));

for (const [name, body] of Object.entries(FUNCTIONS))
  test(name, async () => {
    manualSeed(3);
    using network = new OfFunction(body);
    network.eval();
    const session = await openOnnx(exportNetwork(network));
    const latents = torch.randn([BATCH, SIZE]);
    const images = (await session.run({ latents })).get("images") as Tensor;
    const expected = forward(network, latents);
    assert.deepEqual(images.shape, expected.shape);
    const apart = images.sub(expected).abs().max().item();
    assert.ok(apart < 2e-6 * Math.max(1, expected.abs().max().item()), `${name}: ${apart}`);
  });

test("what is drawn is an input", async () => {
  using network = new OfFunction((x) => x.add(torch.randn(x.shape)).add(torch.rand([x.size(0), 1])));
  const session = await openOnnx(exportNetwork(network));
  assert.deepEqual([...session.inputs.keys()], ["latents", "noise.0", "noise.1"]);
  const [latents, normal, uniform] = [torch.ones([2, SIZE]), torch.randn([2, SIZE]), torch.rand([2, 1])];
  const images = (await session.run({ latents, "noise.0": normal, "noise.1": uniform })).get(
    "images",
  ) as Tensor;
  assert.ok(images.sub(latents.add(normal).add(uniform)).abs().max().item() < 1e-6);
});

const refused = (body: Body, reason: RegExp) => {
  using network = new OfFunction(body);
  assert.throws(() => exportNetwork(network), reason);
};

test("what cannot be exported says which part it is of", () => {
  refused(
    (x) => x.cdist(x, 2),
    /it cannot be exported: 'inner' calls aten::cdist, which has no translation to ONNX/,
  );
  refused(
    (x) => x.mul(x.sum().item()),
    /it cannot be exported: .*'?inner'? reads numbers of what it computes/,
  );
  refused((x) => (x.size(0) > 2 ? x.neg() : x), /'inner' takes another way for a batch of another size/);
  refused(
    (x) => x.mul(torch.linspace(0, 1, x.size(0)).unsqueeze(1)),
    /'inner' has numbers of its own that follow/,
  );
  refused((x) => x.norm(0), /'inner' calls a norm of order 0/);
});
