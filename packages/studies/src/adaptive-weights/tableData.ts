import type { TableData } from "../engine/table.js";
import { cifar100AtPaper, stl10AtPaper } from "../engine/tableSets.js";

export const stl10: TableData = {
  name: "stl10",
  summary: "STL-10",
  quick: {
    data: { name: "cifar10", size: 48 },
    network: "cifar10-cnn",
    resize: "lanczos3",
    words: "CIFAR-10 at 48 pixels stands in STL-10's place",
  },
  paper: stl10AtPaper,
};

export const cifar100: TableData = {
  name: "cifar100",
  summary: "CIFAR-100",
  quick: {
    data: { name: "cifar10" },
    network: "cifar10-cnn",
    words: "CIFAR-10 stands in CIFAR-100's place: these are the trainings on CIFAR-10 themselves",
  },
  paper: cifar100AtPaper,
};
