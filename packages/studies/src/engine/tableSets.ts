// Data of which several papers' tables ask the same.
import type { Place, TableData } from "./table.js";

/** MNIST in the place of other data: learned in a fraction of the time, judged by a classifier that is trained in minutes. */
export const digitsFor = (title: string, size: number, words = ""): Place => ({
  data: { name: "mnist", size },
  network: "digits-cnn",
  resize: "lanczos3",
  words: `MNIST at ${size} pixels stands in ${title}'s place${words}`,
});

export const cifar10: TableData = {
  name: "cifar10",
  summary: "CIFAR-10",
  quick: digitsFor("CIFAR-10", 32, "; --data cifar10=cifar10 takes CIFAR-10 itself"),
  paper: { data: { name: "cifar10" }, network: "inception-2015" },
};

/** STL-10's unlabelled images as papers have them, at 48 pixels. */
export const stl10AtPaper: Place = {
  data: { name: "stl10", split: "unlabeled", size: 48 },
  network: "inception-2015",
};

/** CIFAR-100 as papers have it. */
export const cifar100AtPaper: Place = { data: { name: "cifar100" }, network: "inception-2015" };
