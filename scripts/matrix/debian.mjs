// A fresh Debian in a folder: debootstrap fills it, and commands run there through chroot, in a mount namespace of their own
// that takes its mounts along when it ends. What this machine has installed is neither used nor touched.
import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "../npmPackages.mjs";
import { ask, root, run } from "../shared.mjs";
import { Absent } from "./absent.mjs";
import { npmNode } from "./npmPackage.mjs";

const NODE = 20;

/** Mounts what programs expect, then goes in: $1 is the new root, $2 the data beside the checkout, then the command. */
const ENTER = `
  set -e; root=$1; data=$2; shift 2
  mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"; mount --rbind /sys "$root/sys"
  if [ -d "$data" ]; then mkdir -p "$root/shared"; mount --bind -o ro "$data" "$root/shared"; fi
  exec chroot "$root" /usr/bin/env -C /gantry "$@"`;

export function debianEnvironment(suite, summary) {
  return {
    summary,
    prepare(folder) {
      const target = join(folder, "root");
      bootstrap(suite, target);
      copyFileSync("/etc/resolv.conf", join(target, "etc/resolv.conf"));
      const node = npmNode(join(folder, "node"), NODE);
      cpSync(node, join(target, "opt/node"), { recursive: true });
      const checkout = join(target, "gantry");
      const enter = [
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        ENTER,
        "sh",
        target,
        join(root, "../shared"),
      ];
      return {
        checkout,
        command: ["unshare", ...enter, "/opt/node/bin/node"],
        cwd: "/",
        env: {
          PATH: "/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          HOME: "/root",
          LANG: "C.UTF-8",
          ...proxies(),
        },
        // npm stays outside: its packages are the same wherever they are put.
        copied: () => installPackages(checkout),
      };
    },
  };
}

function bootstrap(suite, target) {
  if (process.getuid?.() !== 0) throw new Absent("a fresh Debian in a folder takes root (chroot and mounts)");
  if (existsSync(target)) return;
  if (ask("debootstrap", ["--version"]) === undefined)
    throw new Absent("debootstrap is not installed: apt-get install debootstrap");
  const part = `${target}.part`;
  rmSync(part, { recursive: true, force: true });
  console.log(
    `debootstrap fills ${target} with ${suite}: some 350 MB; set-up there then says what LibTorch takes`,
  );
  if (run("debootstrap", ["--variant=minbase", suite, part, ...mirror()]) !== 0)
    throw new Absent(`debootstrap could not get ${suite} (see above)`);
  renameSync(part, target);
}

/** Where this machine takes Debian's packages from; debootstrap's own choice where it is no Debian. */
function mirror() {
  if (!/^ID=debian$/m.test(existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : ""))
    return [];
  for (const file of ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const address = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\S+)/m.exec(text)?.[1];
    if (address !== undefined) return [address];
  }
  return [];
}

function proxies() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name)),
  );
}
