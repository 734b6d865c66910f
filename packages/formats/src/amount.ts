/**
 * `1 image`, `1,234 images`.
 * @param what in the plural, its first word that ends in s: `images`, `open files of a run`
 */
export const amount = (value: number, what: string): string =>
  `${Math.round(value).toLocaleString("en-US")} ${Math.round(value) === 1 ? singular(what) : what}`;

const singular = (what: string): string =>
  what.replace(/\b(\w+?)(ies|(?<=ss|x|ch|sh)es|(?<!s)s)(?= |$)/, (_, stem: string, ending: string) =>
    ending === "ies" ? `${stem}y` : stem,
  );
