import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNpz } from "@gantry/formats";
import { exportNetwork } from "@gantry/gan";
import { manualSeed, noGrad, torch } from "@gantry/torch";
import { families } from "../../packages/gan/dist/core/nets/family.js";
import { CASES, networksOf } from "../../packages/gan/dist/testing/onnxCases.js";
import { warmed } from "../../packages/gan/dist/testing/onnxChecks.js";

const array = (tensor) => ({ dtype: tensor.dtype, shape: [...tensor.shape], data: tensor.toBytes() });

/**
 * Writes NAME.onnx, NAME.half.onnx and NAME.npz of each network: inputs as `in/NAME`, outputs as `float32/NAME` and `float64/NAME`.
 */
export async function writeExports(folder) {
  for (const [family, cases] of Object.entries(CASES))
    for (const [i, each] of cases.entries()) {
      manualSeed(1);
      for (const { what, judged, make } of networksOf(await families.get(family), each)) {
        // What an encoder draws cannot be kept from it; its mean and variance are those of the other cases.
        if (what === "encoder" && each.stochastic) continue;
        await writeOne(join(folder, `${family}-${i}-${what}`), make(), judged);
      }
    }
}

async function writeOne(path, network, judged) {
  const { role, batch } = warmed(network, judged);
  for (const half of [false, true])
    writeFileSync(`${path}${half ? ".half" : ""}.onnx`, exportNetwork(network, { judged, half }));
  const given = batch();
  const arrays = new Map(role.inputs.map(({ name }, i) => [`in/${name}`, array(given[i])]));
  if (network.psi !== undefined) {
    network.psi = 0.7;
    arrays.set("in/psi", array(torch.tensor(0.7)));
  }
  for (const dtype of ["float32", "float64"]) {
    network.to({ dtype });
    const inputs = given.map((tensor) => (tensor.dtype === "int64" ? tensor : tensor.to({ dtype })));
    for (const [name, tensor] of noGrad(() => role.run(inputs)))
      arrays.set(`${dtype}/${name}`, array(tensor));
  }
  network.dispose();
  await writeNpz(`${path}.npz`, arrays);
}
