// `npm run onnx [-- PYTHON]`: exports a narrow network of every family, and has onnx's checker and Python's ONNX Runtime look at them:
// what they compute against the engine's float32 and float64, and with weights in half precision. PYTHON is one that has onnx
// and onnxruntime; by default an environment is made of pip's.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, root, run, runScript, Stop, script } from "./shared.mjs";

const PACKAGES = ["onnx==1.23.1", "onnxruntime==1.30.0"];

script(async () => {
  runScript("setup.mjs");
  const python = process.argv[2] ?? environment();
  const folder = mkdtempSync(join(tmpdir(), "gantry-onnx-"));
  try {
    const { writeExports } = await import("./onnx/exports.mjs");
    await writeExports(folder);
    const status = run(python, [join(root, "scripts/onnx/check.py"), folder]);
    if (status !== 0) throw new Stop("an export is not what it should be (see above)", status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function environment() {
  const folder = join(root, "node_modules/.cache/onnx");
  const python = join(folder, "bin/python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  mkdirSync(folder, { recursive: true });
  if (ask("python3", ["-m", "venv", folder]) === undefined)
    throw new Stop("python3 -m venv makes no environment here; name a Python: npm run onnx -- PYTHON");
  const status = run(python, ["-m", "pip", "install", "--quiet", ...PACKAGES]);
  if (status !== 0) throw new Stop(`pip could not install ${PACKAGES.join(" and ")} (see above)`, status);
  writeFileSync(ready, "");
  return python;
}
