import type { Description } from "../description.js";

/** What a visitor has chosen; it stands in the page's address, so that it can be sent to somebody. */
export interface Settings {
  seed: number;
  /** Seeds of the way's ends. */
  from: number;
  to: number;
  /** A number from 0; undefined: one after the other. */
  class: number | undefined;
  psi: number;
  /** By the code's place among the prior's; undefined: as drawn. */
  readonly codes: (number | undefined)[];
}

const wholeNumber = (text: string | null, otherwise: number): number => {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
};

export function readSettings(hash: string, { prior, classes }: Description): Settings {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const seed = wholeNumber(given.get("seed"), 0);
  const chosen = wholeNumber(given.get("class"), Number.NaN);
  const psi = Number(given.get("psi") ?? 1);
  return {
    seed,
    from: wholeNumber(given.get("from"), seed),
    to: wholeNumber(given.get("to"), seed + 1),
    class: chosen < (classes?.count ?? 0) ? chosen : undefined,
    psi: Number.isFinite(psi) ? Math.min(1.5, Math.max(0, psi)) : 1,
    codes: prior.codes.map((_, i) => {
      const value = Number(given.get(`code.${i + 1}`) ?? Number.NaN);
      return Number.isFinite(value) ? value : undefined;
    }),
  };
}

export function writeSettings(settings: Settings): string {
  const { seed, from, to, psi, codes } = settings;
  const entries: [string, string][] = [
    ["seed", String(seed)],
    ["from", String(from)],
    ["to", String(to)],
  ];
  if (settings.class !== undefined) entries.push(["class", String(settings.class)]);
  if (psi !== 1) entries.push(["psi", String(psi)]);
  for (const [i, value] of codes.entries())
    if (value !== undefined) entries.push([`code.${i + 1}`, String(value)]);
  return `#${new URLSearchParams(entries)}`;
}
