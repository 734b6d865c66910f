// What the tables of Mode Regularized GAN have in common.
import type { TableData } from "../engine/table.js";

export const mnist: TableData = {
  name: "mnist",
  summary: "MNIST",
  quick: { data: { name: "mnist" }, network: "digits-cnn" },
  paper: { data: { name: "mnist" }, network: "digits-cnn" },
};

/** Only the last iteration is evaluated: none of a training is as long. */
export const AT_THE_END = 1_000_000_000;
