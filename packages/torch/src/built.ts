import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addonFile, inClone, MEND, SETUP, SETUP_SCRIPT, SETUP_WITH_PIP } from "#scripts/installation.mjs";
import { NotBuiltError, TorchError } from "./errors.js";

/** The LibTorch that the addon was built against, as the build wrote it into the addon. */
export interface BuiltAgainst {
  /** The folder that held include/ and lib/. */
  readonly root: string;
  /** The true path of the library that computes. */
  readonly library: string;
  /** The header that states the version; empty where there was none. */
  readonly header: string;
  /** As `2.13.0`. */
  readonly version: string;
  /** Whose it was, as `the system's` or `the active venv's`. */
  readonly source: string;
}

/**
 * Reads the record out of the addon's file, which need not load for that.
 * @returns undefined where nothing is built
 */
export function builtAgainst(file = addonFile): BuiltAgainst | undefined {
  if (!existsSync(file)) return undefined;
  const [open, close] = ["<gantry-libtorch>\n", "\n</gantry-libtorch>"];
  const bytes = readFileSync(file);
  const end = bytes.indexOf(close);
  const start = bytes.lastIndexOf(open, end);
  if (start < 0 || end < 0) return undefined;
  const [root, library, header, version, source] = bytes
    .toString("utf8", start + open.length, end)
    .split("\n");
  if (root === undefined || library === undefined || header === undefined) return undefined;
  if (version === undefined || source === undefined) return undefined;
  return { root, library, header, version, source };
}

/**
 * What keeps an addon from being loaded: without the LibTorch it was built against it finds none, and with another
 * version at the same place it would call functions that are not there, which ends the process without a word.
 * @throws TorchError
 */
export function checkBuild(file = addonFile): void {
  if (!existsSync(file)) throw new NotBuiltError(notBuilt);
  const built = builtAgainst(file);
  if (built === undefined)
    throw new TorchError(`the native part does not say which LibTorch it was built against: ${MEND}`);
  if (!existsSync(built.library))
    throw new TorchError(
      `Gantry was built against ${name(built)}, and ${built.library} is gone: ${MEND}, which takes another`,
    );
  const now = existsSync(built.header) ? versionIn(readFileSync(built.header, "utf8")) : undefined;
  if (now !== undefined && now !== built.version)
    throw new TorchError(`Gantry was built against ${name(built)}, and ${now} is there now: ${MEND}`);
}

/** Where nothing was compiled when the packages were installed, because that failed or was not allowed. */
const notBuilt = inClone
  ? `the native part is not built: ${MEND}`
  : [
      "Gantry's native part is not built: no install script ran, or there was no LibTorch, no compiler",
      `  \`${SETUP}\` builds it; it finds LibTorch or brings it, and says first what comes`,
      `  (without @gantry/cli: \`${SETUP_SCRIPT}\`); LIBTORCH=/path/to/libtorch before it takes that one`,
    ].join("\n");

const name = ({ version, source, root }: BuiltAgainst) => `LibTorch ${version} (${source}, ${root})`;

function versionIn(header: string): string | undefined {
  const numbers = ["MAJOR", "MINOR", "PATCH"].map(
    (part) => new RegExp(`TORCH_VERSION_${part} (\\d+)`).exec(header)?.[1],
  );
  return numbers.includes(undefined) ? undefined : numbers.join(".");
}

/** @returns what is to be said when the loader refuses the addon: which library is missing and what brings it */
export function explainLoading(error: unknown, file = addonFile): string {
  const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  const built = builtAgainst(file);
  const missing = /(?:^|\s)(lib\S+?\.so[.\d]*): cannot open shared object file/.exec(reason)?.[1];
  if (built === undefined || missing === undefined)
    return `the native part does not load (${reason}); LibTorch was probably moved or upgraded: ${MEND}`;
  return `${name(built)} needs ${missing}, which is not found: ${remedy(built)}`;
}

/** NVIDIA's libraries are packages that PyTorch's wheel asks pip for: installed without them, or in part, it does not load. */
function remedy(built: BuiltAgainst): string {
  if (!built.root.endsWith(join("site-packages", "torch")) || built.source === "Gantry's own") return MEND;
  const environment = dirname(dirname(dirname(dirname(built.root))));
  const python = ["python", "python3"].map((name) => join(environment, "bin", name)).find(existsSync);
  return (
    `\`${python ?? "python3"} -m pip install torch==${built.version}\` brings what its wheel asks for (with --force-reinstall where ` +
    `pip calls all of it present); \`${SETUP_WITH_PIP}\` takes one for the processor alone`
  );
}
