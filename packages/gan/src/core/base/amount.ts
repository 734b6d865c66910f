/**
 * `1 image`, `1,234 images`.
 * @param what in the plural, which ends in s
 */
export const amount = (value: number, what: string): string =>
  `${Math.round(value).toLocaleString("en-US")} ${Math.round(value) === 1 ? what.replace(/s(?= |$)/, "") : what}`;
