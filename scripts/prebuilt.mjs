// `npm run prebuilt`: compiles the native part for machines of this platform whose LibTorch is of the same minor version as the
// one found here, and adds it to the platform's package in .prebuilt, which is then ready for `npm pack`. Run it once with
// each LibTorch, by an active environment or $LIBTORCH: what is there already stays.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildForOthers } from "../packages/torch/scripts/build-native.mjs";
import { descriptionOf, prebuiltPackage } from "../packages/torch/scripts/prebuilt.mjs";
import { hashOf, root, Stop, script } from "./shared.mjs";

const folder = join(root, ".prebuilt", prebuiltPackage.replace("@gantry/", ""));

script(async () => {
  if (process.platform !== "linux")
    throw new Stop(
      "addons for other machines are built on Linux alone: elsewhere a changed file loses its signature",
    );
  mkdirSync(folder, { recursive: true });
  const part = join(folder, "gantry_torch.node");
  const found = await buildForOthers(part);
  const description = descriptionOf(found);
  // Of one version there are several: with CUDA, with another name for OpenMP's library, with the old strings.
  const variant = hashOf([], JSON.stringify(description.kind)).slice(0, 8);
  const home = join(folder, `libtorch-${description.libtorch}-${variant}`);
  mkdirSync(home, { recursive: true });
  renameSync(part, join(home, "gantry_torch.node"));
  writeFileSync(join(home, "gantry_torch.json"), `${JSON.stringify(description, null, 2)}\n`);
  writePackage();
  console.log(`${home}: for LibTorch ${description.libtorch}, ${description.kind.join(" ")}`);
});

function writePackage() {
  const torch = JSON.parse(readFileSync(join(root, "packages/torch/package.json"), "utf8"));
  const { version, license, engines } = torch;
  const manifest = {
    name: prebuiltPackage,
    version,
    description: `@gantry/torch's native part for ${process.platform} ${process.arch}, one for each minor version of LibTorch`,
    license,
    os: [process.platform],
    cpu: [process.arch],
    libc: ["glibc"],
    engines,
    files: ["libtorch-*/*"],
    publishConfig: { access: "public" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, "README.md"), README);
  writeFileSync(join(folder, "LICENSE"), readFileSync(join(root, "LICENSE")));
}

const README = `# ${prebuiltPackage}

The native part of @gantry/torch, compiled: beside it nothing is compiled on
installing. It holds no LibTorch: the one that is found is used. Versions of the two packages go together.
`;
