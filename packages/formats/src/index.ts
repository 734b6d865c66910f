export { type AnimationKind, encodeAnimation, frameSize, rgb } from "./animation.js";
export { readArrays, readOneArray, readTree } from "./arrays.js";
export {
  CIFAR_SHAPE,
  type CifarRecords,
  type CifarVariant,
  encodeCifar,
  parseCifar,
  readCifar,
} from "./cifar.js";
export {
  type ArrayValue,
  arrayValue,
  type Dtype,
  ITEM_SIZE,
  type NamedArrays,
  type TypedArray,
  toFloat32,
  viewTyped,
} from "./dtype.js";
export { FormatError, type FormatErrorOptions, printable } from "./errors.js";
export {
  asFormatError,
  describeSystemError,
  readFileBytes,
  readInto,
  removeForeignTemporaries,
  removeStaleTemporaries,
  writeAll,
  writeFileAtomically,
} from "./files.js";
export { encodeIdx, type IdxArray, type IdxOptions, parseIdx, readIdx } from "./idx.js";
export { type ArchiveImage, type ImageArchive, openImageArchive } from "./images/archive.js";
export { BACKGROUND, type DecodedImage, type DecodeOptions, decodeImage } from "./images/decode.js";
export { type ArchiveResult, decodeArchive } from "./images/decodeAll.js";
export { describeLeftOut, type LeftOut, LeftOutAccount } from "./images/leftOut.js";
export { measureImages, type PictureSize } from "./images/measure.js";
export { lanczosResampler, type Resample } from "./lanczos.js";
export { decodeNpy, encodeNpy, isNpy, readNpy, readNpz, writeNpy, writeNpz } from "./npy.js";
export {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxSummary,
  type OnnxTensor,
  type OnnxType,
  type OnnxValue,
  onnxTypeNumber,
  readOnnxSummary,
} from "./onnx.js";
export { PickleGlobal, PickleObject, type PickleValue } from "./pickle.js";
export {
  decodePng,
  encodePng,
  type GridOptions,
  gridSize,
  layOutGrid,
  type Pixels,
  type PngSize,
  pngGrid,
  pngSize,
} from "./pngGrid.js";
export { type PthOptions, readPth, readStateDict } from "./pth.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from "./safetensors.js";
export { flattenStateDict } from "./stateDict.js";
export { svgToPng } from "./svg.js";
export { listTar, type TarMember } from "./tar.js";
export {
  decodeEventFile,
  type EventFile,
  EventFileWriter,
  type ImageSummary,
  type OtherSummary,
  readEventFile,
  type ScalarSummary,
  type TensorBoardEvent,
} from "./tensorboard.js";
export { isArrayValue, type PthValue } from "./torchObjects.js";
export { type TraceEvent, writeTrace } from "./traceEvents.js";
export { encodeZip, openZip, writeZip, type ZipArchive, type ZipEntry, type ZipInput } from "./zip.js";
