// Debian's and Ubuntu's packages: which are wanted, whether this user may install them, and what comes along.
import { spawnSync } from "node:child_process";
import { ask, run, Stop } from "./process.mjs";

/** How this user runs apt-get: nothing before it, sudo, or undefined where that is not to be had without a password. */
export function aptPrefix() {
  if (ask("apt-get", ["--version"]) === undefined) return undefined;
  if (process.getuid?.() === 0) return [];
  return ask("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
}

/** What a person types to install packages. */
export const byHand = (names) => `sudo apt-get update && sudo apt-get install ${names.join(" ")}`;

export const installed = (name) => /^Status: install ok installed/m.test(ask("dpkg", ["-s", name]) ?? "");

/** Whether the system's package lists, as they are, name it. */
export function hasCandidate(name) {
  const policy = ask("apt-cache", ["policy", name]) ?? "";
  return /Candidate: (?!\(none\))/.test(policy);
}

/**
 * Installs packages, after it has said which, how many come along, and how much that is.
 * @returns the names that are in none of the system's package lists
 */
export function aptInstall(prefix, names) {
  const apt = (...args) => {
    const [program, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(program, rest);
  };
  let updated = false;
  const update = () => {
    updated = true;
    if (apt("update", "-q") !== 0) apt("update", "-q");
  };
  if (!names.every(hasCandidate)) update();
  const known = names.filter(hasCandidate);
  if (known.length > 0) {
    console.log(announcement(known));
    const install = () => apt("install", "-y", "-q", "--no-install-recommends", ...known);
    let status = install();
    // An old list names versions that the mirror has dropped; a busy mirror deserves a second try.
    if (status !== 0) {
      if (!updated) update();
      status = install();
    }
    if (status !== 0) throw new Stop(`apt-get failed (see above). Try it by hand:\n  ${byHand(known)}`, 2);
  }
  return names.filter((name) => !known.includes(name));
}

/** apt's own account of what it would do: how many packages, how much to download and on disk. */
function announcement(names) {
  const { stdout } = spawnSync("apt-get", ["install", "--assume-no", "--no-install-recommends", ...names], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const count = Number(/(\d+) newly installed/.exec(stdout ?? "")?.[1] ?? names.length);
  const others = count > names.length ? ` and ${count - names.length} packages they need` : "";
  const download = /Need to get (?:[^/\n]* ?\/)?([\d.,]+ \w?B)/.exec(stdout ?? "")?.[1];
  const disk = /After this operation, ([\d.,]+ \w?B) of additional/.exec(stdout ?? "")?.[1];
  const sizes = [download && `${download} to download`, disk && `${disk} on disk`].filter(Boolean);
  return `apt-get installs ${names.join(", ")}${others}${sizes.length === 0 ? "" : `: ${sizes.join(", ")}`}`;
}
