import assert from "node:assert/strict";
import { isDone, type Outcome } from "@gantry/gan/sweep";
import type { Study, StudyRequest } from "../engine/study.js";
import { temporaryFolder } from "./files.js";

const WORDS = /^(holds|does not hold|undecided|cannot be tested)$/;

/**
 * Measures the first two cells of a request, in this process, and sums up: that the study runs to its page.
 * @returns what the two cells gave
 */
export async function smoke(study: Study, request: StudyRequest): Promise<unknown[]> {
  const cells = (await study.cells(request)).slice(0, 2);
  const folder = await temporaryFolder();
  const outcomes: Outcome<unknown>[] = [];
  for (const [i, cell] of cells.entries()) {
    const workplace = { folder: `${folder}/${i}`, tell: () => {}, signal: new AbortController().signal };
    const result = await study.measure(cell, workplace);
    // As it comes from another process, or a file.
    outcomes.push({ cell, status: "done", result: JSON.parse(JSON.stringify(result)) as unknown });
  }
  const { markdown, text, data, pictures } = study.report(outcomes);
  const { findings } = data as { findings: { claim: string; verdict: { word: string; why: string } }[] };
  // A claim may be judged in parts: A4, A4, by direction.
  assert.deepEqual([...new Set(findings.map(({ claim }) => claim.split(",")[0]))], study.claims);
  for (const { claim, verdict } of findings) assert.match(verdict.word, WORDS, claim);
  assert.ok(markdown.startsWith("# ") && text.length > 0);
  for (const [name, picture] of pictures) {
    assert.ok(markdown.includes(`](${name}.png)`), name);
    if (typeof picture === "string") assert.match(picture, /^<svg .*<\/svg>$/s, name);
  }
  return outcomes.filter(isDone).map(({ result }) => result);
}
