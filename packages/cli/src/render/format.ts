export { amount } from "@gantry/gan/amount";
export { shellWord } from "@gantry/gan/shellWord";

/** `1,234,567`. */
export const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Three significant digits, thousands as k: `0.42`, `41.2`, `412`, `4.12k`, `1.30M`. */
export function rate(value: number): string {
  if (!Number.isFinite(value)) return "?";
  for (const [unit, letter] of [
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // 999.6 would round to 1000.
    if (value >= unit * 0.9995) return `${digits(value / unit)}${letter}`;
  }
  return digits(value);
}

const digits = (value: number) =>
  value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);

/** A loss or a score: four significant digits at most, without a tail of zeros. */
export function scalar(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return value.toPrecision(3).includes("e") ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

/** `0.4 s`, `9 s`, `2 min 14 s`, `1 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${count(Math.floor(whole / 3600))} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `0:09`, `2:14`, `1:05:00`: narrow, for bars. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const rest = `${pad(Math.floor((whole % 3600) / 60))}:${pad(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0(?=\d)/, "");
}

const pad = (value: number) => String(value).padStart(2, "0");

/** `512 B`, `1.5 MB`. */
export function bytes(value: number): string {
  for (const [unit, name] of [
    [1e9, "GB"],
    [1e6, "MB"],
    [1e3, "kB"],
  ] as const) {
    if (value >= unit) return `${(value / unit).toFixed(1)} ${name}`;
  }
  return `${value} B`;
}

/** `3x32x32`. */
export const shape = (extents: readonly number[]): string => extents.join("x");

/** Text in lines of at most `width`, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * Two columns, the second wrapped beside the first.
 * @param first the first column's own look
 */
export function columns(
  rows: readonly (readonly [string, string])[],
  width: number,
  first: (text: string) => string = (text) => text,
): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(([name, text]) => {
      const [head = "", ...rest] = wrap(text, Math.max(24, width - left - 4));
      const line = `  ${first(name)}${" ".repeat(left - name.length)}  ${head}`.trimEnd();
      return [line, ...rest.map((part) => `${" ".repeat(left + 4)}${part}`)].join("\n");
    })
    .join("\n");
}

/** JSON over several lines, arrays of numbers and words on one. */
export const prettyJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /\[\n\s+([^[\]{}]*?)\n\s+\]/g,
    (_, items: string) => `[${items.replace(/\n\s+/g, " ")}]`,
  );
