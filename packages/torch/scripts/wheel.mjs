// PyTorch's wheel in a Python environment of Gantry's own: LibTorch for whoever may not, or
// would rather not, install it into the system. Gantry reads headers and libraries there and never starts its Python.
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OWN } from "./installation.mjs";
import { ask, run, Stop } from "./process.mjs";

/** The newest that has a Python version's wheel, up to the newest that Gantry is tested with on the processor. */
const REQUIREMENT = "torch>=2.0,<=2.13.0";

/** PyTorch's own index of wheels for the processor alone; everywhere but on Linux the ordinary wheel is that. */
export const INDEX =
  process.platform === "linux" ? ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] : [];

/** How much longer an unpacked wheel is than the file: 3.5 to 4 times, from 2.6 to 2.13. */
const UNPACKED = 4;

// An index that does not answer is given up after one more try: another may have the wheel.
export const pipEnvironment = {
  ...process.env,
  PIP_RETRIES: process.env.PIP_RETRIES ?? "1",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
};

/** Makes the environment, says what comes and how much, and installs. What is cut off leaves nothing that is found. */
export async function installWheel() {
  const part = `${OWN}.part`;
  mkdirSync(dirname(OWN), { recursive: true });
  rmSync(part, { recursive: true, force: true });
  const pip = makeEnvironment(part);
  const wanted = await plan(pip);
  console.log(wanted.announcement);
  const install = () =>
    run(pip[0], [...pip.slice(1), "install", ...INDEX, ...wanted.options, REQUIREMENT], {
      env: pipEnvironment,
    });
  if (install() !== 0 && install() !== 0) {
    rmSync(part, { recursive: true, force: true });
    throw new Stop("pip could not install PyTorch's wheel (see above)", 2);
  }
  rmSync(OWN, { recursive: true, force: true });
  renameSync(part, OWN);
}

/** Whether python3 has what makeEnvironment needs; Debian's alone has it not. */
export function hasPip() {
  return ["import ensurepip", "import pip"].some((line) => ask("python3", ["-c", line]) !== undefined);
}

/** @returns the command line of a pip that installs into the new environment, which is made here */
export function makeEnvironment(folder) {
  if (ask("python3", ["--version"]) === undefined)
    throw new Stop("python3 was not found: PyTorch's wheel comes by its pip", 2);
  const python = join(folder, "bin", "python");
  if (ask("python3", ["-m", "venv", folder]) !== undefined) return [python, "-m", "pip"];
  // Debian's python3 makes environments, but has pip for them only with python3-venv; a pip from elsewhere serves as well.
  const without = ask("python3", ["-m", "venv", "--without-pip", folder]);
  if (without !== undefined && ask("python3", ["-m", "pip", "--python", python, "--version"]) !== undefined)
    return ["python3", "-m", "pip", "--python", python];
  throw new Stop(
    "this python3 has no pip, by which PyTorch's wheel comes. Run this once, then again what you ran:\n" +
      "  sudo apt-get install python3-venv     (or put another python3 first on the PATH, one that has pip)",
    2,
  );
}

/** What pip would install, by its own dry run. Wheels for CUDA need NVIDIA's packages; others are taken alone. */
async function plan(pip) {
  const alone = dryRun(pip, ["--no-deps"]);
  const [torch] = alone ?? [];
  const place = `into ${OWN} (Gantry's own: to be rid of it, delete the folder)`;
  if (torch === undefined) return { options: [], announcement: `pip installs ${REQUIREMENT} ${place}` };
  const needsMore = (torch.metadata.requires_dist ?? []).some((name) => /^(nvidia|cuda|triton)/.test(name));
  const options = needsMore ? [] : ["--no-deps"];
  const all = needsMore ? (dryRun(pip, []) ?? alone) : alone;
  const sizes = await Promise.all(all.map(({ download_info }) => size(download_info.url)));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6;
  const known = sizes.every((bytes) => bytes > 0);
  const amount = known
    ? `: ${total.toFixed(0)} MB to download, about ${(Math.round((total * UNPACKED) / 50) * 50).toFixed(0)} MB on disk`
    : "";
  const others = all.length === 1 ? "" : ` and ${all.length - 1} packages it needs for CUDA`;
  return { options, announcement: `pip installs torch ${torch.metadata.version}${others} ${place}${amount}` };
}

/** @returns pip's list of what it would install; undefined where it finds none, or is too old to say */
function dryRun(pip, options) {
  const [program, ...rest] = pip;
  const args = ["install", "--dry-run", "--quiet", "--report", "-", ...INDEX, ...options, REQUIREMENT];
  const { status, stdout } = spawnSync(program, [...rest, ...args], {
    env: pipEnvironment,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? JSON.parse(stdout).install : undefined;
}

async function size(url) {
  if (url.startsWith("file:")) return statSync(fileURLToPath(url)).size;
  const answer = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(10_000) }).catch(
    () => undefined,
  );
  return Number(answer?.headers.get("content-length") ?? 0);
}
