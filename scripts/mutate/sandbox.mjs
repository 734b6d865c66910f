// A copy of the compiled packages in which files may be changed and tests run; all else is linked to.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../shared.mjs";

export class Sandbox {
  /** Ends the test under way, and what it started. */
  #end = () => {};

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "gantry-mutate-"));
    this.temporary = join(this.path, "tmp");
    const link = (...parts) => symlinkSync(join(root, ...parts), join(this.path, ...parts));
    for (const name of readdirSync(root))
      if (!["packages", "node_modules", ".git", "tmp"].includes(name)) link(name);
    for (const folder of ["packages", "node_modules", "node_modules/@gantry", "tmp"])
      mkdirSync(join(this.path, folder));
    for (const name of readdirSync(join(root, "node_modules")))
      if (name !== "@gantry") link("node_modules", name);
    for (const name of readdirSync(join(root, "packages"))) {
      const own = join(this.path, "packages", name);
      mkdirSync(own);
      symlinkSync(own, join(this.path, "node_modules/@gantry", name));
      for (const part of readdirSync(join(root, "packages", name))) {
        // Modules are found from where they lie: what is run must be here.
        if (["dist", "bin", "package.json"].includes(part))
          cpSync(join(root, "packages", name, part), join(own, part), { recursive: true });
        else link("packages", name, part);
      }
    }
    if (!existsSync(join(this.path, "packages/gan/dist"))) throw new Error("nothing is built");
  }

  /** Runs one file of tests. @returns whether it passed, and in what time; `timeout` where it was ended */
  test(file, limit, env = {}) {
    const started = performance.now();
    const child = spawn(process.execPath, [join(this.path, file)], {
      cwd: this.path,
      env: { ...process.env, OMP_NUM_THREADS: "1", TMPDIR: this.temporary, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    return new Promise((resolve) => {
      let late = false;
      const end = () => {
        try {
          // A group of its own.
          process.kill(-child.pid, "SIGKILL");
        } catch {}
      };
      this.#end = end;
      const timer = setTimeout(() => {
        late = true;
        end();
      }, limit);
      child.on("close", (status) => {
        clearTimeout(timer);
        end();
        resolve({ passed: status === 0, late, milliseconds: performance.now() - started, output });
      });
    });
  }

  tidy() {
    for (const name of readdirSync(this.temporary))
      rmSync(join(this.temporary, name), { recursive: true, force: true });
  }

  close() {
    this.#end();
    rmSync(this.path, { recursive: true, force: true });
  }
}
