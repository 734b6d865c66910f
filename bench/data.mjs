// Data that lies beside the repository; where it does not, a benchmark of it is left out.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of the CIFAR-10 images as a zip of JPEGs; undefined where there is none. */
export function cifarZip() {
  const path = fileURLToPath(new URL("../../shared/data/cifar10-jpg.zip", import.meta.url));
  return existsSync(path) ? path : undefined;
}
