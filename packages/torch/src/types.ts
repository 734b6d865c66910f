/** Element types. bfloat16 and float16 are read back to JavaScript as float32. */
export type DType =
  | "float32"
  | "float64"
  | "bfloat16"
  | "int64"
  | "uint8"
  | "bool"
  | "float16"
  | "int32"
  | "int16"
  | "int8";

/** `cpu`, `cuda`, `cuda:1`, `mps`; tensors on `meta` have shapes and no numbers. */
export type Device = "cpu" | "cuda" | "mps" | "meta" | `cuda:${number}` | `mps:${number}`;

/** How an N,C,H,W tensor lies in memory. */
export type MemoryFormat = "contiguous" | "channelsLast" | "preserve";

/** A whole number keeps an integer tensor integral, as in Python; any other makes it floating point. */
export type Scalar = number | bigint | boolean;

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | BigInt64Array;
