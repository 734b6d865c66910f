// PyTorch's wheels, each in a Python environment of its own. Only what LibTorch itself needs is installed beside them:
// NVIDIA's libraries for one with CUDA, none of Python's packages.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { INDEX, makeEnvironment, pipEnvironment } from "../../packages/torch/scripts/wheel.mjs";
import { run, Stop } from "../shared.mjs";
import { Absent } from "./absent.mjs";
import { cleanEnvironment } from "./session.mjs";

/** @param cuda whether the wheel with CUDA is meant, rather than the one for the processor alone */
export function wheelEnvironment(version, { cuda = false } = {}) {
  return {
    summary: `LibTorch ${version}${cuda ? " with CUDA" : ""}, PyTorch's wheel`,
    prepare(folder) {
      const venv = join(folder, "venv");
      const complete = join(venv, "complete");
      if (!existsSync(complete)) {
        rmSync(venv, { recursive: true, force: true });
        install(makeEnvironmentOrAbsent(venv), venv, version, cuda);
        writeFileSync(complete, "");
      }
      return {
        checkout: join(folder, "gantry"),
        command: [process.execPath],
        env: cleanEnvironment({ VIRTUAL_ENV: venv }),
      };
    },
  };
}

function makeEnvironmentOrAbsent(venv) {
  try {
    return makeEnvironment(venv);
  } catch (error) {
    if (error instanceof Stop) throw new Absent(error.message);
    throw error;
  }
}

function install([program, ...before], venv, version, cuda) {
  const pip = (...args) => run(program, [...before, "install", ...args], { env: pipEnvironment });
  console.log(`pip installs torch ${version}${cuda ? " and NVIDIA's libraries" : ""} into ${venv}`);
  const index = cuda ? [] : INDEX;
  if (pip("--no-deps", ...index, `torch==${version}`) !== 0)
    throw new Absent(`pip finds no torch ${version}`);
  const needed = cuda ? nvidiaPackages(venv) : [];
  if (needed.length > 0 && pip(...needed) !== 0) throw new Absent("pip finds not all of NVIDIA's libraries");
}

/** What the installed wheel asks for of NVIDIA's libraries, without their Python bindings. */
function nvidiaPackages(venv) {
  const [python] = readdirSync(join(venv, "lib"));
  const packages = join(venv, "lib", python, "site-packages");
  const [information] = readdirSync(packages).filter((name) => /^torch-.*\.dist-info$/.test(name));
  const metadata = readFileSync(join(packages, information, "METADATA"), "utf8");
  return [...metadata.matchAll(/^Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;\n]*)/gm)].map(([, name]) =>
    name.trim(),
  );
}
