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
export { FormatError, type FormatErrorOptions } from "./errors.js";
export {
  describeSystemError,
  readFileBytes,
  removeForeignTemporaries,
  removeStaleTemporaries,
  writeFileAtomically,
} from "./files.js";
export { encodeIdx, type IdxArray, type IdxOptions, parseIdx, readIdx } from "./idx.js";
export {
  type ArchiveImage,
  type DecodedImages,
  type DecodeOptions,
  decodeImages,
  type ImageArchive,
  openImageArchive,
} from "./imageArchive.js";
export { decodeNpy, encodeNpy, readNpy, readNpz, writeNpy, writeNpz } from "./npy.js";
export { PickleGlobal, type PickleValue } from "./pickle.js";
export {
  decodePng,
  encodePng,
  type GridOptions,
  layOutGrid,
  type Pixels,
  pngGrid,
  pngSize,
} from "./pngGrid.js";
export { flattenStateDict, type PthValue, readPth, readStateDict } from "./pth.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from "./safetensors.js";
export { svgToPng } from "./svg.js";
export { readTar, type TarEntry } from "./tar.js";
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
export { type TraceEvent, writeTrace } from "./traceEvents.js";
export { encodeZip, openZip, writeZip, type ZipArchive, type ZipEntry, type ZipInput } from "./zip.js";
