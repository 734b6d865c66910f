// What the tests of exports share: a network as after some training, and whether ONNX Runtime computes what it computes.
import assert from "node:assert/strict";
import { manualSeed, type nn, noGrad, type Tensor, torch } from "@gantry/torch";
import type { Generator } from "../core/nets/contract.js";
import { exportNetwork } from "../exchange/onnx/exportNetwork.js";
import { type Judged, type Role, roleOf } from "../exchange/onnx/roles.js";
import { BATCH, LATENT } from "./onnxCases.js";
import { openOnnx } from "./onnxRuntime.js";

/** As far as one number may be from another: of large ones in proportion. */
function apart(found: Tensor, expected: Tensor): number {
  assert.deepEqual(found.shape, expected.shape);
  const wide = expected.to({ dtype: "float64" });
  return found.to({ dtype: "float64" }).sub(wide).div(wide.abs().clampMin(1)).abs().max().item();
}

/** Brings a network to where a training might have: no number that is 0 or 1 at the beginning is so, norms have seen batches. */
export function warmed(network: nn.Module, judged: Judged): { role: Role; batch: () => Tensor[] } {
  const role = roleOf(network, judged);
  const batch = () =>
    role.inputs.map(({ shape, classes, buffer }) => {
      if (buffer !== undefined) return buffer.detach().clone();
      if (classes !== undefined) return torch.randint(0, classes, [BATCH], { dtype: "int64" });
      return torch.randn([BATCH, ...shape]).mul(0.5);
    });
  manualSeed(2);
  noGrad(() => {
    for (const [name, parameter] of network.namedParameters())
      if (parameter.dim < 2 || name === "constant") parameter.add_(torch.randn(parameter.shape).mul(0.1));
    for (let i = 0; i < 3; i++) role.run(batch());
  });
  network.train(false);
  return { role, batch };
}

/**
 * Exports a network and compares what ONNX Runtime makes of a batch to what it makes itself, in float32 and in float64.
 * @returns the names of outputs
 */
export async function checkExport(network: nn.Module, judged: Judged, what: string): Promise<string[]> {
  const { role, batch } = warmed(network, judged);
  const session = await openOnnx(exportNetwork(network, { judged }));
  manualSeed(1);
  const given = batch();
  const all = role.inputs.map(({ name }, i) => [name, given[i] as Tensor] as const);
  // What a network does not read is no input.
  const feeds = Object.fromEntries(all.filter(([name]) => session.inputs.has(name)));
  if (session.inputs.has("psi")) {
    (network as Generator).psi = 0.7;
    feeds.psi = torch.tensor(0.7);
  }
  const drawn = [...session.inputs.keys()].filter(
    (name) => name.startsWith("noise.") && feeds[name] === undefined,
  );
  let names: Iterable<string> = [];
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
    names = found.keys();
    assert.deepEqual([...found.keys()], [...expected.keys()], what);
    for (const [name, tensor] of expected) {
      const distance = apart(found.get(name) as Tensor, tensor);
      assert.ok(distance < tolerance, `${what}, ${name} in ${dtype}: ${distance}`);
      assert.ok(tensor.abs().max().item() > 1e-3, `${what}, ${name}: nothing but zeros`);
    }
  }
  return [...names];
}
