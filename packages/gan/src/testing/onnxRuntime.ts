// ONNX Runtime for tests: the one for browsers, whose WebAssembly runs in Node too.
import { type DType, type Tensor, torch } from "@gantry/torch";
import * as runtime from "onnxruntime-web";

runtime.env.wasm.numThreads = 1;

export interface OnnxSession {
  /** Inputs by name: their shapes, a name where the size is open. */
  readonly inputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** float32 and int64 tensors in; float32 tensors out. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Map<string, Tensor>>;
}

export async function openOnnx(bytes: Uint8Array): Promise<OnnxSession> {
  const session = await runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  return {
    inputs: new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.shape : []])),
    async run(feeds) {
      const given = Object.entries(feeds).map(([name, tensor]) => [
        name,
        new runtime.Tensor(tensor.dtype as "float32", tensor.toTypedArray() as Float32Array, [
          ...tensor.shape,
        ]),
      ]);
      const found = await session.run(Object.fromEntries(given));
      return new Map(
        Object.entries(found).map(([name, { data, dims, type }]) => [
          name,
          torch.fromTypedArray(data as Float32Array, dims, type as DType),
        ]),
      );
    },
  };
}
