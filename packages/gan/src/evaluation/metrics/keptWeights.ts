import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type ArrayValue,
  FormatError,
  readSafetensors,
  removeStaleTemporaries,
  writeSafetensors,
} from "@gantry/formats";
import { type nn, scope, type Tensor, torch } from "@gantry/torch";
import { digestOf } from "./features/classifier.js";

type Notice = (message: string) => void;

/**
 * Fills a module with the weights kept in `file`.
 * @returns whether there were any; damaged ones cost a notice and count as none
 */
export async function loadWeights(file: string, module: nn.Module, onNotice: Notice): Promise<boolean> {
  try {
    const { arrays, metadata } = await readSafetensors(file);
    if (digestOf(arrays) !== metadata.sha256) throw new FormatError("its checksum is wrong", { file });
    scope(() => {
      const state = new Map<string, Tensor>();
      for (const [key, { data, shape, dtype }] of arrays) state.set(key, torch.fromBytes(data, shape, dtype));
      module.loadStateDict(state);
    });
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const missing = error.cause instanceof Error && "code" in error.cause && error.cause.code === "ENOENT";
    if (!missing) onNotice(`${error.message}; training the network again`);
    return false;
  }
}

/** Keeps a module's weights in `file`. Where that fails there is a notice, and no more: they can be trained again. */
export async function saveWeights(file: string, module: nn.Module, onNotice: Notice): Promise<void> {
  const arrays = new Map<string, ArrayValue>();
  for (const [key, tensor] of module.stateDict())
    arrays.set(key, { dtype: tensor.dtype, shape: [...tensor.shape], data: tensor.toBytes() });
  try {
    await mkdir(dirname(file), { recursive: true });
    await removeStaleTemporaries(dirname(file));
    await writeSafetensors(file, arrays, { sha256: digestOf(arrays) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    onNotice(`the trained network could not be kept for the next evaluation: ${reason}`);
  }
}
