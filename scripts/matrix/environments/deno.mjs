import { join } from "node:path";
import { npmPackage } from "../npmPackage.mjs";
import { smokeEnvironment } from "../runtimes.mjs";

const libc = process.platform === "linux" ? "-glibc" : "";

export default smokeEnvironment("Deno 2.9", (folder) =>
  join(npmPackage(folder, `@deno/${process.platform}-${process.arch}${libc}`, "2.9"), "deno"),
);
