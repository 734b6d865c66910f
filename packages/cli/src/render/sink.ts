import { randomBytes } from "node:crypto";

/** A stream to a person or a program: process.stdout, process.stderr, or a test's. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Stands behind the escape character of Gantry's own sequences, to tell them from others': see {@link guarded}. */
  readonly mark?: string | undefined;
}

/** Control characters but tabs and line feeds, and those that turn the direction of writing around. */
const isControl = (code: number): boolean =>
  (code < 0x20 && code !== 0x09 && code !== 0x0a) ||
  (code >= 0x7f && code < 0xa0) ||
  (code >= 0x202a && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069);

/**
 * @param own what begins a sequence of our own
 * @param instead what is written for every other control character
 */
function clean(text: string, own: string, instead: (code: number) => string): string {
  if (!/[^\t\n -~]/.test(text)) return text;
  let cleaned = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // The bar goes to the first column before it erases the line.
    if (code === 0x0d && text.startsWith(own, i + 1)) cleaned += "\r";
    else if (code === 0x1b && text.startsWith(own, i)) {
      cleaned += "\x1b";
      i += own.length - 1;
    } else cleaned += isControl(code) ? instead(code) : text[i];
  }
  return cleaned;
}

const inText = () => "\ufffd";
const inJson = (code: number) => `\\u${code.toString(16).padStart(4, "0")}`;

/**
 * A stream that lets no control character of others through: names out of files and runs may hold any. Ours are told by a
 * mark that nobody can know. In JSON the others are written as escapes, so that values stay what they are.
 */
export function guarded(sink: Sink, json: boolean): Sink {
  const mark = `\ue000${randomBytes(8).toString("hex")}`;
  return {
    mark,
    write: (text) => sink.write(clean(text, `\x1b${mark}`, json ? inJson : inText)),
    get isTTY() {
      return sink.isTTY;
    },
    get columns() {
      return sink.columns;
    },
  };
}
