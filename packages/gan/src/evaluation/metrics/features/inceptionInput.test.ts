import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, setThreads, torch } from "@gantry/torch";
import { noise } from "../../../testing/datasets.js";
import { readGolden } from "../../../testing/golden.js";
import { assertClose } from "../../../testing/networks.js";
import { inceptionInputs } from "./inceptionInput.js";

setThreads(1);

interface Summary {
  some: number[];
  sum: number;
  squares: number;
}
const golden =
  readGolden<Record<string, Record<"clean-fid" | "pytorch-fid", Summary>>>("metrics/inputs.json");

for (const [size, byCode] of Object.entries(golden))
  for (const [code, expected] of Object.entries(byCode) as ["clean-fid" | "pytorch-fid", Summary][])
    test(`images of ${size} come to Inception as in ${code}`, () => {
      scope(() => {
        const [height, width] = size.split("x").map(Number) as [number, number];
        const bytes = Uint8Array.from(noise(3 * height * width, height), (value) =>
          Math.floor((value + 0.5) * 256),
        );
        const images = torch.fromTypedArray(bytes, [1, 3, height, width]).to({ dtype: "float32" });
        const found = inceptionInputs[code].apply(images);
        assert.deepEqual(found.shape, [1, 3, 299, 299]);
        const numbers = found.toNumbers();
        const some = numbers.filter((_, i) => i % 997 === 0);
        // PyTorch's own bilinear resize finds places in float32; how it rounds them differs among its versions.
        assertClose(some, expected.some, code === "clean-fid" ? 1e-6 : 5e-5, "values");
        const mean = (value: number) => value / numbers.length;
        const sum = numbers.reduce((total, value) => total + value, 0);
        const squares = numbers.reduce((total, value) => total + value * value, 0);
        assertClose([mean(sum), mean(squares)], [mean(expected.sum), mean(expected.squares)], 1e-6, "means");
      });
    });
