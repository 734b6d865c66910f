import { join } from "node:path";
import { npmPackage } from "../npmPackage.mjs";
import { smokeEnvironment } from "../runtimes.mjs";

const arch = { x64: "x64", arm64: "aarch64" }[process.arch];

export default smokeEnvironment("Bun 1.4", (folder) =>
  join(npmPackage(folder, `@oven/bun-${process.platform}-${arch}`, "1.4"), "bin/bun"),
);
