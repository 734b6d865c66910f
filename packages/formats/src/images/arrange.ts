import { isHidden } from "./kinds.js";
import type { LeftOutAccount } from "./leftOut.js";

/** An image with what its path says. */
export interface Arranged {
  readonly images: readonly {
    readonly name: string;
    readonly split: string | undefined;
    readonly label: number | undefined;
  }[];
  /** Names of the class folders, sorted; undefined where the images do not sit in class folders. */
  readonly classes: readonly string[] | undefined;
  /** Folders with no image in them, where folders may be classes. */
  readonly emptyFolders: readonly string[];
  /** The splits that its outermost folders are, of `train`, `val`, `test`. */
  readonly splits: readonly string[];
  /** The folder around all of it, with a `/` at its end; empty where there is none. */
  readonly top: string;
}

const SPLITS: ReadonlyMap<string, string> = new Map([
  ["train", "train"],
  ["training", "train"],
  ["val", "val"],
  ["valid", "val"],
  ["validation", "val"],
  ["test", "test"],
  ["testing", "test"],
]);

interface Placed {
  readonly name: string;
  /** Folders that are still to be understood, outermost first. */
  readonly folders: readonly string[];
  readonly split: string | undefined;
}

/**
 * What folders mean. A folder around everything else says nothing. Folders that are all named train, val or test (or their
 * longer forms) are splits. Two folders or more, where they hold most of the images, are classes; pictures beside them
 * are then left out. With `labelled` the classes come from elsewhere, and no folder is one.
 */
export function arrange(
  names: readonly string[],
  folders: readonly string[],
  account: LeftOutAccount,
  labelled: boolean,
): Arranged {
  let rest: Placed[] = names.map((name) => ({
    name,
    folders: name.split("/").slice(0, -1),
    split: undefined,
  }));
  let top = "";
  const outermost = () => new Set(rest.flatMap((image) => image.folders.slice(0, 1)));
  const loose = () => rest.filter((image) => image.folders.length === 0);
  const within = (prefix: string): string[] => [
    ...new Set(
      folders
        .filter((folder) => folder.startsWith(prefix) && folder.length > prefix.length && !isHidden(folder))
        .map((folder) => folder.slice(prefix.length).split("/", 1)[0]!),
    ),
  ];
  const empty = new Set<string>();
  const leaveLooseOut = () => {
    for (const { name } of loose()) account.add("loose", name);
    rest = rest.filter((image) => image.folders.length > 0);
  };
  const strip = () => {
    rest = rest.map((image) => ({ ...image, folders: image.folders.slice(1) }));
  };

  for (;;) {
    const [only, ...others] = outermost();
    if (only === undefined || others.length > 0 || splitOf(only) !== undefined) break;
    // A lone picture beside the folder around everything else does not unmake the classes in it.
    const inside = new Set(rest.flatMap((image) => image.folders.slice(1, 2)));
    if (loose().length > 0 && (labelled || inside.size < 2 || looseMost(rest))) break;
    if (loose().length > 0) leaveLooseOut();
    for (const folder of within(top)) if (folder !== only) empty.add(folder);
    top += `${only}/`;
    strip();
  }
  const isSplit =
    [...outermost()].length > 0 && [...outermost()].every((name) => splitOf(name) !== undefined);
  let above = [top];
  if (isSplit && !looseMost(rest)) {
    if (!labelled) leaveLooseOut();
    above = [...outermost()].map((folder) => `${top}${folder}/`);
    rest = rest.map((image) => ({ ...image, split: splitOf(image.folders[0]) }));
    strip();
  }
  const splits = ["train", "val", "test"].filter((name) => rest.some(({ split }) => split === name));
  const found = outermost();
  const isClassed = !labelled && found.size > 1 && !looseMost(rest);
  if (isClassed) leaveLooseOut();
  const classes = isClassed ? [...found].sort() : undefined;
  const numberOf = new Map(classes?.map((name, number) => [name, number]));
  for (const folder of above.flatMap(within)) if (!found.has(folder)) empty.add(folder);
  return {
    images: rest.map(({ name, split, folders: own }) => ({ name, split, label: numberOf.get(own[0]!) })),
    classes,
    emptyFolders: labelled ? [] : [...empty].sort(),
    splits,
    top,
  };
}

/** Whether most images lie beside the folders rather than in them. */
function looseMost(images: readonly Placed[]): boolean {
  const loose = images.filter(({ folders }) => folders.length === 0).length;
  return 2 * loose > images.length;
}

function splitOf(folder: string | undefined): string | undefined {
  return folder === undefined ? undefined : SPLITS.get(folder.toLowerCase());
}
