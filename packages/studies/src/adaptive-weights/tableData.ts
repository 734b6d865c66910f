import type { TableData } from "../engine/table.js";

export const cifar10: TableData = {
  name: "cifar10",
  summary: "CIFAR-10",
  quick: { data: { name: "cifar10" }, network: "cifar10-cnn" },
  paper: { data: { name: "cifar10" }, network: "inception-2015" },
};

export const stl10: TableData = {
  name: "stl10",
  summary: "STL-10",
  quick: {
    data: { name: "cifar10", size: 48 },
    network: "cifar10-cnn",
    resize: "lanczos3",
    words: "CIFAR-10 at 48 pixels stands in STL-10's place",
  },
  paper: { data: { name: "stl10", split: "unlabeled", size: 48 }, network: "inception-2015" },
};

export const cifar100: TableData = {
  name: "cifar100",
  summary: "CIFAR-100",
  quick: {
    data: { name: "cifar10" },
    network: "cifar10-cnn",
    words: "CIFAR-10 stands in CIFAR-100's place: these are the trainings on CIFAR-10 themselves",
  },
  paper: { data: { name: "cifar100" }, network: "inception-2015" },
};
