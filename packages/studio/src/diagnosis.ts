import { execFile } from "node:child_process";
import type { AdviceJson, FindingJson } from "./json.js";
import { isObject } from "./objects.js";
import { Refusal } from "./refusal.js";

/** Milliseconds that a diagnosis may take. */
const PATIENCE = 120_000;
/** The exit status of a diagnosis that found something. */
const FOUND = 3;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** What `gantry diagnose` knows beyond what a run's events tell, asked in processes of its own. */
export class Diagnosis {
  readonly #gantry: readonly string[];
  #meanings = new Map<string, { readonly summary: string; readonly cause: string }>();
  #asked = false;

  /** @param gantry the program, and its first words */
  constructor(gantry: readonly string[]) {
    this.#gantry = gantry;
  }

  /** Findings with what they mean and what usually causes them, as soon as that is known. */
  explain(findings: readonly FindingJson[]): FindingJson[] {
    if (findings.length > 0 && !this.#asked) {
      this.#asked = true;
      this.#learn().catch(() => {});
    }
    return findings.map((finding) => ({ ...finding, ...this.#meanings.get(finding.name) }));
  }

  async #learn(): Promise<void> {
    const all = await this.#ask(["--list"]);
    if (!Array.isArray(all)) return;
    for (const each of all.filter(isObject))
      this.#meanings.set(String(each.name), { summary: textOf(each.summary), cause: textOf(each.cause) });
  }

  /**
   * What helps against each finding of a run, by its name.
   * @throws Refusal with what the command says
   */
  async advise(run: string): Promise<AdviceJson> {
    const told = await this.#ask([run]);
    const findings = isObject(told) && Array.isArray(told.findings) ? told.findings.filter(isObject) : [];
    return Object.fromEntries(
      findings.map(({ name, advice }) => [
        String(name),
        (Array.isArray(advice) ? advice.filter(isObject) : []).map(({ command, meaning }) => ({
          command: textOf(command),
          meaning: textOf(meaning),
        })),
      ]),
    );
  }

  /**
   * Its answer, as JSON.
   * @throws Refusal
   */
  async #ask(words: readonly string[]): Promise<unknown> {
    const [program = "", ...first] = this.#gantry;
    const all = [...first, "diagnose", ...words, "--json"];
    return await new Promise((resolve, reject) => {
      execFile(program, all, { timeout: PATIENCE, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        const lines = stdout.trim().split("\n");
        try {
          if (error !== null && error.code !== FOUND) throw error;
          resolve(JSON.parse(lines.at(-1) ?? ""));
        } catch {
          reject(new Refusal(stderr.trim().split("\n").at(-1) || "The diagnosis said nothing."));
        }
      });
    });
  }
}
