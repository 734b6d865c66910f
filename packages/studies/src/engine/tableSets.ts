// Data of which several papers' tables ask the same.
import type { Place, TableData } from "./table.js";

export const cifar10: TableData = {
  name: "cifar10",
  summary: "CIFAR-10",
  quick: { data: { name: "cifar10" }, network: "cifar10-cnn" },
  paper: { data: { name: "cifar10" }, network: "inception-2015" },
};

/** STL-10's unlabelled images as papers have them, at 48 pixels. */
export const stl10AtPaper: Place = {
  data: { name: "stl10", split: "unlabeled", size: 48 },
  network: "inception-2015",
};

/** CIFAR-100 as papers have it. */
export const cifar100AtPaper: Place = { data: { name: "cifar100" }, network: "inception-2015" };
