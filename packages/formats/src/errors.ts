/** What surrounds the problem a {@link FormatError} names. */
export interface FormatErrorOptions {
  /** The file the problem is in, as the caller named it. */
  file?: string | undefined;
  /** What to do about it: an instruction, without a full stop. */
  hint?: string | undefined;
  /** The error underneath, when there is one. */
  cause?: unknown;
}

/**
 * A file that is not what it claims to be, or that cannot be read or written.
 *
 * `message` is one line, composed as `<file>: <problem>; <hint>`: what is wrong, where, and what to do.
 * Everything in this package that reads a file throws this error for a bad file, and no other.
 */
export class FormatError extends Error {
  readonly file: string | undefined;
  readonly hint: string | undefined;

  constructor(problem: string, options: FormatErrorOptions = {}) {
    const { file, hint, cause } = options;
    const where = file === undefined ? "" : `${file}: `;
    const remedy = hint === undefined ? "" : `; ${hint}`;
    super(printable(`${where}${problem}${remedy}`), cause === undefined ? {} : { cause });
    this.name = "FormatError";
    this.file = file;
    this.hint = hint;
  }
}

// Names out of hostile files end up in messages: they may break neither the line nor the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Text with names out of files in it, as a message can bear it: on one line, without control characters. */
export const printable = (text: string): string => text.replace(CONTROL_CHARACTERS, " ");

/** A name out of a file, for a message: in quotes, and no longer than a message can bear. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}...` : name);
}
