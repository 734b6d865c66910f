import { TorchError } from "./errors.js";
import { native } from "./native.js";
import type { Device } from "./types.js";

let entered = 0;

/** Whether an {@link autocast} of a lower precision is under way. */
export const autocastEnabled = (): boolean => entered > 0;

/**
 * Runs `body` with LibTorch's autocast: matrix products and convolutions in `dtype`, sums and norms in float32.
 * @param dtype `bfloat16` on every device; `float16` on cuda; `float32` runs the body unchanged
 * @param device default `cpu`
 */
export function autocast<T>(
  dtype: "bfloat16" | "float16" | "float32",
  body: () => T,
  device: Device = "cpu",
): T {
  if (dtype === "float32") return body();
  const [enabled, before] = native.enterAutocast(device, dtype);
  entered++;
  try {
    const result = body();
    if (result instanceof Promise) throw new TorchError("autocast() takes a function that returns at once");
    return result;
  } finally {
    entered--;
    native.leaveAutocast(device, enabled, before);
  }
}
