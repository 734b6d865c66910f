import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FormatError } from "./errors.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx_gen.js";

const TYPES = {
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  float64: DataType.DOUBLE,
  int64: DataType.INT64,
  int32: DataType.INT32,
  bool: DataType.BOOL,
} as const;

export type OnnxType = keyof typeof TYPES;

/** The number that ONNX has for an element type, as Cast takes it. */
export const onnxTypeNumber = (dtype: OnnxType): number => TYPES[dtype];

/** What a graph takes or gives. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxType;
  /** A name stands for a size that is known when it runs. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxTensor {
  readonly dtype: OnnxType;
  readonly shape: readonly number[];
  /** Row-major and little-endian. */
  readonly bytes: Uint8Array;
}

/** Numbers without a fraction are ONNX's ints, so a float is wrapped. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

export interface OnnxNode {
  readonly operator: string;
  readonly name: string;
  /** Names of values; empty where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxModel {
  /** Version of ONNX's operators. */
  readonly opset: number;
  readonly producer: string;
  readonly description: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Each after those whose outputs it takes. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Of the format: the oldest that knows operator sets up to 18. */
const IR_VERSION = 8n;

/** A model as the bytes of an ONNX file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const entries = Object.entries(model.metadata);
  const proto: ModelProto = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(model.opset) })],
    producerName: model.producer,
    docString: model.description,
    metadataProps: entries.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
    graph: create(GraphProtoSchema, {
      name: model.producer,
      node: model.nodes.map((node) =>
        create(NodeProtoSchema, {
          opType: node.operator,
          name: node.name,
          input: [...node.inputs],
          output: [...node.outputs],
          attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
        }),
      ),
      initializer: Array.from(model.initializers, ([name, { dtype, shape, bytes }]) =>
        create(TensorProtoSchema, {
          name,
          dataType: TYPES[dtype],
          dims: shape.map(BigInt),
          rawData: bytes,
        }),
      ),
      input: model.inputs.map(valueInfo),
      output: model.outputs.map(valueInfo),
    }),
  });
  return toBinary(ModelProtoSchema, proto);
}

function attribute(name: string, value: OnnxAttribute): AttributeProto {
  const of = (type: AttributeType, rest: object) => create(AttributeProtoSchema, { name, type, ...rest });
  if (typeof value === "number") return of(AttributeType.INT, { i: BigInt(value) });
  if (typeof value === "string") return of(AttributeType.STRING, { s: new TextEncoder().encode(value) });
  if ("float" in value) return of(AttributeType.FLOAT, { f: value.float });
  return of(AttributeType.INTS, { ints: value.map(BigInt) });
}

function valueInfo({ name, dtype, shape }: OnnxValue): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === "number"
          ? { case: "dimValue", value: BigInt(size) }
          : { case: "dimParam", value: size },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: TYPES[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensor } }),
  });
}

/** What an ONNX file says of itself, beside its graph. */
export interface OnnxSummary {
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Operators, and how many nodes there are of each. */
  readonly operators: ReadonlyMap<string, number>;
  /** Element types of its initializers, and the bytes of each. */
  readonly stored: ReadonlyMap<string, number>;
}

/** @throws FormatError for bytes that are no ONNX model */
export function readOnnxSummary(bytes: Uint8Array): OnnxSummary {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new FormatError("this is no ONNX model", { cause: error });
  }
  if (model.graph === undefined) throw new FormatError("this is no ONNX model: it has no graph");
  const operators = new Map<string, number>();
  for (const { opType } of model.graph.node) operators.set(opType, (operators.get(opType) ?? 0) + 1);
  const names = new Map<number, string>(Object.entries(TYPES).map(([name, number]) => [number, name]));
  const stored = new Map<string, number>();
  for (const { dataType, rawData } of model.graph.initializer) {
    const name = names.get(dataType) ?? `type ${dataType}`;
    stored.set(name, (stored.get(name) ?? 0) + rawData.length);
  }
  return {
    opset: Number(model.opsetImport[0]?.version ?? 0n),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    operators,
    stored,
  };
}
