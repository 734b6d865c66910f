// StyleGAN's G divides the maps of a learned constant by their deviation over places. The constant begins as 1 everywhere: while it has
// hardly moved, what is divided is the rounding of numbers near 1, by 1e-4 at the least. Then float32 is far from float64 whoever
// computes; the file is held to what Gantry's own float32 is off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { families } from "../../core/nets/family.js";
import { Prior } from "../../core/nets/prior.js";
import { openOnnx } from "../../testing/onnxRuntime.js";
import { exportNetwork } from "./exportNetwork.js";
import { roleOf } from "./roles.js";

setThreads(1);

const COUNT = 4;
const family = await families.get("stylegan");
const options = family.options.parse({ channels: 8, styleSize: 8, mappingLayers: 2, mixing: 0 });
const judged = { latentSize: 0, classes: undefined };
const prior = new Prior({ size: 8, distribution: "normal" });

/** The greatest distances from Gantry's float64: of the file's images, and of Gantry's own in float32. */
async function distances(moved: number): Promise<{ file: number; own: number }> {
  manualSeed(3);
  using network = family.generator(options, {
    data: { kind: "images", shape: [1, 32, 32], classes: undefined },
    prior,
    classes: undefined,
    growing: undefined,
  });
  noGrad(() => {
    for (const [name, parameter] of network.namedParameters())
      if (parameter.dim < 2 || name === "constant") parameter.add_(torch.randn(parameter.shape).mul(moved));
  });
  network.train(false);
  const { inputs, run } = roleOf(network, judged);
  const session = await openOnnx(exportNetwork(network, { judged }));
  const given = inputs.map(({ shape, buffer }) => buffer?.detach().clone() ?? torch.randn([COUNT, ...shape]));
  const feeds = Object.fromEntries(inputs.map(({ name }, i) => [name, given[i]!] as const));
  const file = (await session.run({ ...feeds, psi: torch.tensor(1) })).get("images")!;
  const images = (dtype: "float32" | "float64"): Tensor => {
    network.to({ dtype });
    return noGrad(() => run(given.map((tensor) => tensor.to({ dtype })))).get("images")!;
  };
  const own = images("float32");
  const exact = images("float64");
  const apart = (found: Tensor) => scope(() => found.to({ dtype: "float64" }).sub(exact).abs().max().item());
  return { file: apart(file), own: apart(own) };
}

for (const moved of [1e-6, 1e-5, 1e-4, 1e-3])
  test(`a constant that has moved by ${moved}: the file is no further from float64 than Gantry's float32`, async () => {
    const { file, own } = await distances(moved);
    assert.ok(own > 1e-4, `float32 is as good as that: ${own}`);
    assert.ok(file < 4 * own, `${file}, and Gantry's own ${own}`);
  });

test("one that has moved by 0.1 is within 1e-4", async () => {
  const { file, own } = await distances(0.1);
  assert.ok(file < 1e-4 && own < 1e-4, `${file}, ${own}`);
});
