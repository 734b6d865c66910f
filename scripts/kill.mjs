// `npm run kill`: whether anything is lost, tried on real processes for some twenty minutes: 200 times `kill -9` at random
// moments of trainings, resumes and evaluations; pairs of signals; three runs begun at once, 100 times. The result goes to
// docs/kill.md. `npm run kill -- 0.1` does a tenth of it and writes nothing; a second number is the seed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { killed } from "./kill/killed.mjs";
import { pairs } from "./kill/pairs.mjs";
import { together } from "./kill/together.mjs";
import { root, runScript, Stop, script } from "./shared.mjs";

const PARTS = [
  { name: "killed", work: killed, count: 200 },
  { name: "pairs", work: pairs, count: 42 },
  { name: "together", work: together, count: 100 },
];

script(async () => {
  const share = Number(process.argv[2] ?? 1);
  const seed = Number(process.argv[3] ?? 1);
  if (!(share > 0 && share <= 1) || !Number.isInteger(seed))
    throw new Stop("give how much of it to do, as 0.1, and a seed: npm run kill -- 0.1 7", 2);
  runScript("build.mjs");
  const { Random } = await import("../packages/gan/dist/core/data/index.js");
  const began = Date.now();
  // Side by side: what else runs on the machine makes the moments only more random.
  const found = await Promise.all(
    PARTS.map(async ({ name, work, count }) => {
      const folder = mkdtempSync(join(tmpdir(), `gantry-kill-${name}-`));
      const tries = Math.max(1, Math.round(share * count));
      try {
        return await work(folder, tries, new Random(seed), (line) => console.log(`${name}: ${line}`));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
  );
  const rows = found.flat();
  const minutes = Math.round((Date.now() - began) / 60_000);
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  const table = [
    "| what | tries | what was lost or wrong |",
    "|---|---|---|",
    ...rows.map(
      ({ what, tries, lost, detail }) => `| ${what} | ${tries} | ${lost === 0 ? "nothing" : detail} |`,
    ),
  ].join("\n");
  console.log(table);
  if (share === 1)
    writeFileSync(
      join(root, "docs", "kill.md"),
      `# Killed, signalled, begun at once\n\nThe last result of \`npm run kill\` (seed ${seed}; ${new Date(began).toISOString().slice(0, 10)}, ` +
        `${cpus().length} cores, ${minutes} minutes). After each kill everything a reader may look at was read, and the run resumed; ` +
        `at its end it was compared, to the bit, with one left alone.\n\n${table}\n`,
    );
  if (lost > 0) throw new Stop(`${lost} tries lost something`, 1);
});
