// What was found out about one state of the code: a run that was stopped goes on from it.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../shared.mjs";

export class Kept {
  /** @param state names the code */
  constructor(state) {
    this.folder = join(root, "node_modules/.cache/gantry-mutate", state);
    mkdirSync(this.folder, { recursive: true });
  }

  #file(name) {
    return join(this.folder, `${createHash("sha256").update(name).digest("hex").slice(0, 32)}.json`);
  }

  read(name) {
    try {
      return JSON.parse(readFileSync(this.#file(name), "utf8"));
    } catch {
      return undefined;
    }
  }

  write(name, value) {
    writeFileSync(this.#file(name), JSON.stringify(value));
    return value;
  }
}
