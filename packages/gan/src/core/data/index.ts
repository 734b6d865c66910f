export type { LeftOut } from "@gantry/formats";
export { type DataContext, type DataProgress, dataContext } from "./context.js";
export {
  countClasses,
  type Dataset,
  isPoints,
  MemoryDataset,
  type MemoryParts,
  MemoryPoints,
  type PointMode,
  type PointsDataset,
  type SharedItems,
  sharedBytes,
} from "./dataset.js";
export { type FetchFile, type FetchPlan, type FetchReport, fetchFiles } from "./fetch.js";
export { fetchDataset } from "./fetchDataset.js";
export { gantryHome } from "./home.js";
export {
  type Batch,
  createLoader,
  LARGE_BATCH,
  type Loader,
  type LoaderOptions,
  type LoaderState,
} from "./loader.js";
export { drawMixture, mixtureOptions } from "./mixture.js";
export { type DatasetSpec, openDataset } from "./open.js";
export type { Box, Parts } from "./parts.js";
export { type DataLocation, inPlaces, knownPlaces, type ListedDataset, type Places } from "./places.js";
export { Random, type RandomState } from "./random.js";
export {
  type DatasetDefinition,
  datasets,
  defineDataset,
  isByPath,
  listDatasets,
  type Recognition,
} from "./registry.js";
export { dataNamed } from "./spec.js";
