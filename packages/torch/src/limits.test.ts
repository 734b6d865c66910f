import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { machine, memoryGroups } from "./limits.js";
import { native } from "./native.js";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A file system with these files. */
function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "gantry-limits-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const MIB = 2 ** 20;
const NONE = { cores: availableParallelism(), processors: availableParallelism(), memory: totalmem() };
/** As the kernel writes lines of mountinfo. */
const mount = (root: string, point: string, type: string, options: string) =>
  `36 25 0:30 ${root} ${point} rw,nosuid shared:9 - ${type} ${type} ${options}`;
const second = mount("/", "/sys/fs/cgroup", "cgroup2", "rw,nsdelegate");

const seen = (files: Record<string, string>) => {
  const { cores, processors, memory, threads } = machine(tree(files));
  assert.equal(threads, Math.max(1, Math.floor(processors)));
  return { cores, processors, memory };
};

test("without control groups, and in groups without limits, all of the machine is there", () => {
  assert.deepEqual(seen({}), NONE);
  const within = { "proc/self/cgroup": "0::/user.slice/run.scope", "proc/self/mountinfo": second };
  assert.deepEqual(seen(within), NONE);
  assert.deepEqual(
    seen({
      ...within,
      "sys/fs/cgroup/user.slice/run.scope/cpu.max": "max 100000",
      "sys/fs/cgroup/user.slice/run.scope/memory.max": "max",
      "sys/fs/cgroup/user.slice/cpu.max": "6400000 100000",
    }),
    NONE,
  );
});

test("the second version: the tightest of a group and all around it", () => {
  const files = {
    "proc/self/cgroup": "0::/user.slice/run.scope/job",
    "proc/self/mountinfo": `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${second}`,
    "sys/fs/cgroup/user.slice/run.scope/job/cpu.max": "150000 100000",
    "sys/fs/cgroup/user.slice/run.scope/cpu.max": "40000 100000",
    "sys/fs/cgroup/user.slice/run.scope/memory.max": String(900 * MIB),
    "sys/fs/cgroup/user.slice/run.scope/memory.high": String(800 * MIB),
    "sys/fs/cgroup/user.slice/memory.max": String(600 * MIB),
    "sys/fs/cgroup/user.slice/run.scope/job/memory.max": "max",
  };
  assert.deepEqual(seen(files), { ...NONE, processors: 0.4, memory: 600 * MIB });
  assert.deepEqual(seen({ ...files, "sys/fs/cgroup/user.slice/memory.max": "max" }), {
    ...NONE,
    processors: 0.4,
    memory: 800 * MIB,
  });
});

test("the first version: a hierarchy for each controller, and of a container only its part", () => {
  const first = [
    mount("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
    mount("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"),
  ].join("\n");
  const files = {
    "proc/self/cgroup": "9:memory:/jobs/one\n4:cpu,cpuacct:/jobs\n1:name=systemd:/\n0::/",
    "proc/self/mountinfo": first,
    "sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes": "9223372036854771712",
    "sys/fs/cgroup/memory/jobs/memory.limit_in_bytes": String(300 * MIB),
    "sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us": "50000",
    "sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us": "100000",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
  };
  assert.deepEqual(seen(files), { ...NONE, processors: 0.5, memory: 300 * MIB });
  // The path is told from the machine's root, and what is mounted is the container's group.
  const container = {
    "proc/self/cgroup": "9:memory:/docker/0a1b\n4:cpu,cpuacct:/docker/0a1b/inner",
    "proc/self/mountinfo": first.replaceAll("0:30 / ", "0:30 /docker/0a1b "),
    "sys/fs/cgroup/memory/memory.limit_in_bytes": String(200 * MIB),
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "25000",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "50000",
    "sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us": "10000",
    "sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us": "100000",
  };
  assert.deepEqual(seen(container), { ...NONE, processors: 0.1, memory: 200 * MIB });
});

test("groups outside of what is mounted, both versions at once, and names with spaces", () => {
  const files = {
    "proc/self/cgroup": "3:memory:/far/away\n0::/../other",
    "proc/self/mountinfo": [
      mount("/elsewhere", "/mnt/of\\040limits", "cgroup", "rw,memory"),
      mount("/", "/sys/fs/cgroup/unified", "cgroup2", "rw"),
    ].join("\n"),
    "mnt/of limits/memory.limit_in_bytes": String(100 * MIB),
    "sys/fs/cgroup/unified/memory.max": String(90 * MIB),
    "sys/fs/cgroup/unified/cpu.max": "130000 100000",
  };
  assert.deepEqual(seen(files), { ...NONE, processors: Math.min(1.3, NONE.cores), memory: 90 * MIB });
});

test("memory that can be had goes by each group's limit, what it uses, and what is taken back of that", () => {
  const group = "sys/fs/cgroup/job";
  const root = tree({
    "proc/self/cgroup": "0::/job",
    "proc/self/mountinfo": second,
    [`${group}/memory.max`]: String(500 * MIB),
    [`${group}/memory.current`]: String(450 * MIB),
    [`${group}/memory.stat`]: `anon 1\ninactive_file ${50 * MIB}\nactive_file 7`,
    "sys/fs/cgroup/memory.max": "max",
  });
  const groups = memoryGroups(root);
  assert.deepEqual(
    groups.map(({ limit }) => limit.slice(root.length + 1)),
    [`${group}/memory.max`, `${group}/memory.high`, "sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.high"],
  );
  const files = (list: typeof groups) =>
    list.map(({ limit, used, kinds, reclaimable }) => [limit, used, kinds, reclaimable] as const);
  native.setMemoryGroups(files(groups));
  try {
    assert.equal(native.availableMemory(), 100 * MIB);
  } finally {
    native.setMemoryGroups(files(memoryGroups()));
  }
  assert.notEqual(native.availableMemory(), 100 * MIB);
});
