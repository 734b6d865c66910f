import type { Sink } from "./sink.js";

/** Text set off for a terminal; as it is, elsewhere. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** Whether a stream shows colours: a terminal, and no wish against it (https://no-color.org). */
function showsColours(sink: Sink, environment: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, TERM } = environment;
  return sink.isTTY === true && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}

/** What begins an escape sequence of our own on a stream. */
export const escapeOf = ({ mark = "" }: Sink): string => `\x1b${mark}`;

export function makeStyle(sink: Sink, environment: NodeJS.ProcessEnv): Style {
  const colours = showsColours(sink, environment);
  const begin = escapeOf(sink);
  const code = (start: number, end: number) => (text: string) =>
    colours && text !== "" ? `${begin}[${start}m${text}${begin}[${end}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39) };
}
