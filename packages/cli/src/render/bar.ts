/** Characters that bars are drawn with. */
export interface BarCharacters {
  readonly full: string;
  readonly empty: string;
}

/** Box drawing where the terminal's language says UTF-8, else what every terminal has. */
export function barCharacters(environment: NodeJS.ProcessEnv): BarCharacters {
  const { LC_ALL, LC_CTYPE, LANG } = environment;
  const language = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== "") ?? "";
  return /utf-?8/i.test(language) ? { full: "━", empty: "─" } : { full: "#", empty: "." };
}

/** Narrower bars say nothing. */
const LEAST_BAR = 8;
const MOST_BAR = 30;

/**
 * One line of at most `width` characters: as many of the words as fit, in the order of their importance, and a bar in
 * what is left of the room.
 * @param words the most important first; shown in this order, around the bar after the first
 * @param share 0 to 1; undefined for no bar
 */
export function layOutBar(
  words: readonly string[],
  share: number | undefined,
  width: number,
  characters: BarCharacters,
): { head: string; full: string; empty: string; tail: string } {
  const [head = "", ...others] = words;
  let left = width - head.length;
  const tail: string[] = [];
  const barRoom = share === undefined ? 0 : LEAST_BAR + 1;
  for (const word of others) {
    if (left - 2 - word.length < barRoom) break;
    tail.push(word);
    left -= 2 + word.length;
  }
  const room = Math.min(MOST_BAR, left - 1);
  const bar = share === undefined || room < LEAST_BAR ? 0 : room;
  const full = Math.round(Math.min(1, Math.max(0, share ?? 0)) * bar);
  return {
    head: head.slice(0, width),
    full: `${bar > 0 ? " " : ""}${characters.full.repeat(full)}`,
    empty: characters.empty.repeat(bar - full),
    tail: tail.map((word) => `  ${word}`).join(""),
  };
}
