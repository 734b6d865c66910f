import type { RunRow } from "../../src/json.js";
import { valueText } from "../parts/words.js";

/** One word of a search: of the run's name and what it is, or of one of its settings. */
type Test = (run: RunRow) => boolean;

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

/** The settings of a run whose path ends so. */
const settingsAt = (run: RunRow, path: string): unknown[] => {
  const known: Record<string, unknown> = {
    ...run.settings,
    recipe: run.recipe,
    data: run.data,
    seed: run.seed,
    state: run.state,
  };
  return Object.entries(known).flatMap(([name, value]) =>
    `.${name.toLowerCase()}`.endsWith(`.${path}`) ? [value] : [],
  );
};

function testOf(word: string): Test {
  const [, path, sign, wanted = ""] = /^([\w.-]+)(<=|>=|=|<|>)(.*)$/.exec(word) ?? [];
  const isInText: Test = (run) =>
    [run.id, run.recipe, run.data, ...run.findings.map(({ title }) => title)].some((text) =>
      text.toLowerCase().includes(word),
    );
  if (path === undefined || sign === undefined) return isInText;
  const fits = (value: unknown) =>
    sign === "="
      ? valueText(value).toLowerCase() === wanted
      : typeof value === "number" && (COMPARE[sign]?.(value, Number(wanted)) ?? false);
  // Folders of sweeps have names like settings.
  return (run) => settingsAt(run, path).some(fits) || isInText(run);
}

/** Whether a run is what a search asks for: all of its words. `dcgan batch=64 learningRate<1e-3` */
export function matches(search: string): Test {
  const tests = search.toLowerCase().split(/\s+/).filter(Boolean).map(testOf);
  return (run) => tests.every((test) => test(run));
}
