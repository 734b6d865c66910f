// What of the machine this process may use. Containers and services are given less than there is by control groups of Linux, of the
// first and the second version, one within another: the tightest of all counts.
import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";

/** What a process may use. */
export interface Machine {
  /** Processors that it may run on. */
  readonly cores: number;
  /** As many processors' time as it is given; less than the cores where there is a quota. */
  readonly processors: number;
  /** Threads that make use of them: at least 1. More than the quota's would wait for each other. */
  readonly threads: number;
  /** Bytes that the machine has. */
  readonly installed: number;
  /** Bytes that it may hold. */
  readonly memory: number;
}

/** Files that tell of a limit of memory, and of what is used of it. */
export interface MemoryGroup {
  readonly limit: string;
  readonly used: string;
  /** Lines of a kind of memory and its bytes. */
  readonly kinds: string;
  /** The kind that the kernel takes back by itself. */
  readonly reclaimable: string;
}

/** @param root where `/proc` and the control groups lie */
export function machine(root = "/"): Machine {
  const cores = availableParallelism();
  const quotas = groupsOf("cpu", root).map(({ version, folder }) => quota(version, folder));
  const processors = Math.min(cores, ...quotas);
  const installed = totalmem();
  const limits = memoryGroups(root).map(({ limit }) => numberIn(limit));
  return {
    cores,
    processors,
    threads: Math.max(1, Math.floor(processors)),
    installed,
    memory: Math.min(installed, ...limits),
  };
}

/**
 * Where limits of memory are told, from the process' own group to the outermost.
 * @param root as in {@link machine}
 */
export function memoryGroups(root = "/"): MemoryGroup[] {
  return groupsOf("memory", root).flatMap(({ version, folder }) => {
    const file = (name: string) => join(folder, name);
    const kinds = file("memory.stat");
    if (version === 1)
      return [
        {
          limit: file("memory.limit_in_bytes"),
          used: file("memory.usage_in_bytes"),
          kinds,
          reclaimable: "total_inactive_file",
        },
      ];
    // Above `high` nobody is killed, but held up until the process stands still.
    return ["memory.max", "memory.high"].map((name) => ({
      limit: file(name),
      used: file("memory.current"),
      kinds,
      reclaimable: "inactive_file",
    }));
  });
}

interface Group {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** The process' own group of a controller and those around it, of both versions: each may have some controllers. */
function groupsOf(controller: string, root: string): Group[] {
  const mounts = lines(join(root, "proc/self/mountinfo")).map(mountOf);
  return lines(join(root, "proc/self/cgroup")).flatMap((line) => {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers !== "" && !controllers.split(",").includes(controller)) return [];
    const version = controllers === "" ? 2 : 1;
    const own = mounts.filter(({ type, options }) =>
      version === 2 ? type === "cgroup2" : type === "cgroup" && options.includes(controller),
    );
    // A container may see its own part alone, with the path still told from the machine's root.
    const mount = own.find((each) => within(each.root, path) !== undefined) ?? own[0];
    if (mount === undefined) return [];
    return upwards(within(mount.root, path) ?? "").map((folder) => ({
      version,
      folder: join(root, mount.point, folder),
    }));
  });
}

interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** A line of mountinfo, see proc(5): numbers, root, mount point, options, and behind a dash the type, source and its options. */
function mountOf(line: string): Mount {
  const [before = "", after = ""] = line.split(" - ");
  const [, , , root = "/", point = "/"] = before.split(" ").map(unescaped);
  const [type = "", , options = ""] = after.split(" ");
  return { root, point, type, options: options.split(",") };
}

/** Spaces and the like are octal numbers there. */
const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** The path behind a root; undefined where it does not lie within. */
function within(root: string, path: string): string | undefined {
  if (path.split("/").includes("..")) return undefined;
  if (root === "/") return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

/** `/a/b`, `/a` and ``. */
function upwards(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).join("/"));
}

/** As many processors' time as a group is given; infinite without a quota. */
function quota(version: 1 | 2, folder: string): number {
  const [given, period] =
    version === 2
      ? (lines(join(folder, "cpu.max"))[0]?.split(" ").map(Number) ?? [])
      : [numberIn(join(folder, "cpu.cfs_quota_us")), numberIn(join(folder, "cpu.cfs_period_us"))];
  const share = (given ?? Number.NaN) / (period ?? Number.NaN);
  return share > 0 ? share : Number.POSITIVE_INFINITY;
}

/** Infinite where there is no such file, or no number in it (`max`). */
function numberIn(path: string): number {
  const number = Number.parseInt(lines(path)[0] ?? "", 10);
  return Number.isNaN(number) ? Number.POSITIVE_INFINITY : number;
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}
