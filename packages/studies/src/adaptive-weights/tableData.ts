import type { TableData } from "../engine/table.js";
import { cifar100AtPaper, digitsFor, stl10AtPaper } from "../engine/tableSets.js";

export const stl10: TableData = {
  name: "stl10",
  summary: "STL-10",
  quick: digitsFor("STL-10", 48),
  paper: stl10AtPaper,
};

export const cifar100: TableData = {
  name: "cifar100",
  summary: "CIFAR-100",
  quick: digitsFor("CIFAR-100", 32, ": these are the trainings of table 1 themselves"),
  paper: cifar100AtPaper,
};
