import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "@gantry/gan";
import type { Outcome } from "@gantry/gan/sweep";
import { resultPage } from "./page.js";
import { definePaperStudy } from "./paperStudy.js";
import { studies } from "./study.js";
import { higher, judge } from "./verdict.js";

const study = definePaperStudy<{ factor: number }, { steps: number }, { value: number }>({
  name: "notes-tiny",
  summary: "a number times another",
  paper: "notes",
  shows: "figure 0",
  claims: ["N0"],
  seeds: 2,
  cases: [
    { name: "one", summary: "once", own: { factor: 1 } },
    { name: "nine", summary: "nine times", own: { factor: 9 } },
  ],
  paces: [{ name: "quick", summary: "two steps", work: { steps: 2 } }],
  iterations: (work, steps) => ({ ...work, steps }),
  measure: async ({ own, work, seed }) => ({ value: own.factor * work.steps + 0.1 * seed }),
  read(results, { steps }) {
    const of = (name: string) => results.numbers(name, ({ value }) => value);
    return {
      settings: [`${steps} steps.`],
      findings: [
        {
          claim: "N0",
          paper: "nine is more",
          here: `${of("nine").join()} vs ${of("one").join()}`,
          verdict: judge(higher(of("nine"), of("one"))),
        },
      ],
      tables: [{ title: "Numbers", head: ["case", "|values|"], rows: [["one", of("one").join()]] }],
      pictures: [{ name: "bars", picture: "<svg/>", caption: "Nothing." }],
      notes: ["Not serious."],
    };
  },
});

test("every case with every seed; what does not exist or cannot be set is refused", async () => {
  const cells = await study.cells({ seeds: 2, iterations: 5 });
  assert.deepEqual(
    cells.map(({ method, seed, work }) => [method, seed, work.pace, (work.work as { steps: number }).steps]),
    [
      ["one", 0, "quick", 5],
      ["nine", 0, "quick", 5],
      ["one", 1, "quick", 5],
      ["nine", 1, "quick", 5],
    ],
  );
  assert.deepEqual((await study.cells({ seeds: 1, pace: "paper", methods: ["nine"] }))[0]?.work.own, {
    factor: 9,
  });
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof UsageError && message.test(error.message);
  await assert.rejects(study.cells({ seeds: 1, pace: "papers" }), refused(/did you mean 'paper'/));
  await assert.rejects(study.cells({ seeds: 1, methods: ["nin"] }), refused(/did you mean 'nine'/));
  await assert.rejects(study.cells({ seeds: 1, seconds: 3 }), refused(/does not go by seconds/));
});

test("the page: what the paper says beside what was measured, verdict and why, settings, pace, what failed", async () => {
  const cells = await study.cells({ seeds: 2 });
  const workplace = { folder: "", tell: () => {}, signal: new AbortController().signal };
  const outcomes: Outcome<unknown>[] = await Promise.all(
    cells.map(async (cell) => ({
      cell,
      status: "done" as const,
      result: await study.measure(cell, workplace),
    })),
  );
  outcomes.push({ cell: { ...cells[0]!, seed: 7 }, status: "failed", reason: "no room" });
  const { text, markdown, data, pictures } = study.report(outcomes);
  const date = new Date().toISOString().slice(0, 10);
  assert.match(markdown, /^# Notes on the GAN family, figure 0$/m);
  assert.match(markdown, /^ {4}gantry study notes-tiny --pace quick$/m);
  assert.match(markdown, new RegExp(`^Pace 'quick': two steps. Summed up on ${date}`, "m"));
  assert.match(markdown, /^\| N0 \| nine is more \| 18,18.1 vs 2,2.1 \| holds \|$/m);
  assert.match(markdown, /^- N0 holds: difference 95 %: /m);
  assert.match(markdown, /^\| case \| \\\|values\\\| \|$/m);
  assert.match(markdown, /^!\[bars\]\(bars\.png\)$/m);
  assert.match(markdown, /^- notes, one, seed 7 failed: no room$/m);
  assert.match(
    text,
    /^N0: holds\n {2}the paper: nine is more\n {2}here: 18,18.1 vs 2,2.1\n {2}why: difference/m,
  );
  const longer = study.report(outcomes, "--iterations 9").markdown;
  assert.match(longer, /^ {4}gantry study notes-tiny --pace quick --iterations 9$/m);
  assert.deepEqual([...pictures.keys()], ["bars"]);
  const { pace, findings } = data as { pace: string; findings: { verdict: { word: string } }[] };
  assert.deepEqual([pace, findings[0]?.verdict.word], ["quick", "holds"]);
});

test("the page of a figure that claims nothing has no table of claims", () => {
  const { text, markdown } = resultPage(study, { pace: "quick", settings: ["Two steps."], findings: [] });
  for (const page of [text, markdown]) {
    assert.match(page, /Two steps\./);
    assert.doesNotMatch(page, /the paper says/);
  }
});

test("studies of papers are named by their paper, and name tables and claims; the first six keep their names", async () => {
  const all = await studies.all();
  for (const name of ["contrastive", "damages", "forgetting", "gaussians", "precision", "stacked-mnist"])
    assert.ok(all.has(name), name);
  for (const { name, paper, shows, claims, paces } of all.values()) {
    if (paper === undefined) continue;
    assert.ok(name.startsWith(`${paper}-`), name);
    assert.ok(shows !== undefined && claims !== undefined, name);
    assert.deepEqual(
      paces.map((pace) => pace.name),
      ["quick", "paper"],
      name,
    );
  }
});
