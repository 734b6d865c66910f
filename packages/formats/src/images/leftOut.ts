/** Why a file is not among the images of a data set, or an image not as it was stored. */
export type LeftOutReason = keyof typeof REASONS;

/** How each reason is said after a number of files. */
const REASONS = {
  broken: "broken",
  unreadable: "unreadable",
  unsupported: "in a format that cannot be read here",
  unknown: "of unknown kind",
  loose: "loose beside class folders",
  twice: "the same file again by a link",
  deadLink: "dead links",
  inArchive: "links inside an archive",
  special: "no regular files",
  notText: "with names that are not text",
  hidden: "hidden",
} as const;

/** Files left out for one reason. */
export interface LeftOut {
  readonly reason: LeftOutReason;
  readonly count: number;
  /** The first of them by name, and what is wrong with it where the reason does not say all. */
  readonly first: string;
  readonly problem?: string | undefined;
}

/** Counts what is left out; the order of the calls does not matter. */
export class LeftOutAccount {
  readonly #found = new Map<LeftOutReason, LeftOut>();

  add(reason: LeftOutReason, name: string, problem?: string, count = 1): void {
    const before = this.#found.get(reason);
    const first = before === undefined || name < before.first ? { first: name, problem } : before;
    this.#found.set(reason, { ...first, reason, count: (before?.count ?? 0) + count });
  }

  addAll(all: readonly LeftOut[]): void {
    for (const { reason, first, problem, count } of all) this.add(reason, first, problem, count);
  }

  /** In the order of `REASONS`. */
  list(): LeftOut[] {
    return (Object.keys(REASONS) as LeftOutReason[]).flatMap((reason) => this.#found.get(reason) ?? []);
  }
}

/** `2 broken (the first: a.png: it ends early), 90 of unknown kind (the first: b.xyz)` */
export function describeLeftOut(all: readonly LeftOut[]): string {
  return all
    .map(({ reason, count, first, problem }) => {
      const said = `${count.toLocaleString("en")} ${REASONS[reason]}`;
      return `${said} (the first: ${first}${problem === undefined ? "" : `: ${problem}`})`;
    })
    .join(", ");
}
