// Gantry with the LibTorch that a build takes here, by other programs than this Node. They share one copy and one native
// build, which is the point: the addon is written to Node-API alone.
import { cpSync, existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { root } from "../shared.mjs";
import { npmNode } from "./npmPackage.mjs";

const { env, execPath } = process;

/** Takes over what is built in the working tree: where nothing changed since, nothing is built again. */
function takeBuild(checkout) {
  for (const name of ["gantry_torch.node", "gantry_torch.stamp"]) {
    const built = join("packages/torch/build/Release", name);
    if (existsSync(join(root, built)))
      cpSync(join(root, built), join(checkout, built), { preserveTimestamps: true });
  }
}

/** What meets Node: the addon, files, training with its threads, signals and processes. The rest is arithmetic over these. */
const NODES = [
  "packages/torch/",
  "packages/formats/",
  "gan/dist/core/run/",
  "gan/dist/core/sample/",
  "gan/dist/train/",
  "e2e/training",
  "e2e/data",
  "processes/signals",
];

/** Tests by Node of a major version. */
export function nodeEnvironment(major) {
  return {
    summary: `the default LibTorch, Node ${major}`,
    folder: "default",
    files: NODES,
    prepare(folder) {
      const bin = join(npmNode(join(folder, `node-${major}`), major), "bin");
      return {
        checkout: join(folder, "gantry"),
        command: [join(bin, "node")],
        env: { ...env, PATH: `${bin}${delimiter}${env.PATH}` },
        copied: () => takeBuild(join(folder, "gantry")),
      };
    },
  };
}

/** The smoke test by a runtime other than Node: the program must be called what packages/cli/src/e2e/runtimes.test.ts asks for. */
export function smokeEnvironment(what, program) {
  return {
    summary: `the default LibTorch, ${what} trains the ring`,
    folder: "default",
    files: ["e2e/runtimes"],
    prepare(folder) {
      const bin = dirname(program(join(folder, what.toLowerCase().replace(" ", "-"))));
      return {
        checkout: join(folder, "gantry"),
        command: [execPath],
        env: { ...env, PATH: `${bin}${delimiter}${env.PATH}` },
        copied: () => takeBuild(join(folder, "gantry")),
      };
    },
  };
}
