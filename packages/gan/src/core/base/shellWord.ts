/** A word for a shell to read as it is, in quotes where it needs them. */
export const shellWord = (text: string): string =>
  /^[\w./@:=,+%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
