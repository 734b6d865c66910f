// Three trainings begun at once: each in a folder of its own where Gantry names it, one of them where the user does.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { begin, checkpoints, program, QUICK } from "./processes.mjs";

const STEPS = 3;

export async function together(folder, count, _random, say) {
  const rows = ["three at once without --out", "three at once with one --out"].map((what) => ({
    what,
    tries: 0,
    lost: 0,
    detail: "",
  }));
  for (let i = 0; i < count; i++) {
    const row = rows[i % 2];
    const named = i % 2 === 1;
    const cwd = join(folder, `${i}`);
    mkdirSync(cwd);
    const runs = [0, 1, 2].map((seed) => {
      // Told apart by their rates, which their names do not hold.
      const own = ["--set", `optimizers.default.learningRate=${(seed + 1) / 1000}`];
      const out = named ? ["--out", "runs/one"] : [];
      return begin(
        process.execPath,
        [program, "train", "gan", ...QUICK, ...own, ...out, "--steps", `${STEPS}`],
        { cwd },
      );
    });
    const statuses = (await Promise.all(runs.map(({ ended }) => ended))).map(({ status }) => status);
    const made = readdirSync(join(cwd, "runs"));
    const rates = new Set(
      made.map((name) => {
        const text = readFileSync(join(cwd, "runs", name, "config.json"), "utf8");
        return JSON.parse(text).config.optimizers.default.learningRate;
      }),
    );
    const whole = made.every((name) => {
      const logged = readFileSync(join(cwd, "runs", name, "events.jsonl"), "utf8").match(/"imagesSeen"/g);
      return logged?.length === STEPS && checkpoints(join(cwd, "runs", name)).join() === `${STEPS}`;
    });
    const wanted = named ? 1 : 3;
    const successes = statuses.filter((status) => status === 0).length;
    const isRight = successes === wanted && made.length === wanted && rates.size === wanted && whole;
    row.tries++;
    if (!isRight) {
      row.lost++;
      row.detail += `exit ${statuses.join(", ")}, folders ${made.join(", ")}${whole ? "" : ", not whole"}; `;
    }
    say(`${i + 1} of ${count}: exit ${statuses.join(", ")}; ${made.join(", ")}${isRight ? "" : " WRONG"}`);
  }
  return rows.filter(({ tries }) => tries > 0);
}
