import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { FormatError, quote } from "../errors.js";
import { asFormatError } from "../files.js";
import { LABEL_FILE } from "./kinds.js";

/** What a file says of the classes of images, by their names. */
export interface FileLabels {
  /** The file, as it is named to people. */
  readonly source: string;
  /** By the image's path from the top, or from the folder that the file is about; undefined: it says there are none. */
  readonly labels: ReadonlyMap<string, string | number> | undefined;
}

/** Classes, and the number of each image's. */
export interface Classes {
  readonly classes: readonly string[];
  readonly labelOf: readonly number[];
  /** Names in the file that are none of the images'. */
  readonly strangers: readonly string[];
}

/** Names of images are compared in one Unicode form, with `/` between parts. */
const plainName = (name: string): string =>
  name
    .replaceAll("\\", "/")
    .replace(/^(\.\/)+/, "")
    .normalize("NFC");

/** Labels out of a file of any name: JSON as {@link parseDatasetJson} takes it, or else CSV. */
export async function readLabelFile(file: string): Promise<FileLabels> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw asFormatError(error, "cannot read labels", file);
  });
  const parsed = /\.json$/i.test(file) ? parseDatasetJson(text, file) : await parseLabelCsv(text, file);
  if (parsed === undefined) throw new FormatError('has no "labels"', { file });
  return parsed;
}

/**
 * StyleGAN's dataset.json: `{"labels": [["00000/img00000000.png", 3], ...]}`; `null` says that there are no labels.
 * Undefined for JSON that does not speak of labels.
 *
 * @throws {FormatError} no JSON, or a label that is not a whole number of 0 or more
 */
export function parseDatasetJson(text: string, file: string): FileLabels | undefined {
  const fail = (problem: string) =>
    new FormatError(problem, {
      file,
      hint: `labels are written {"labels": [["a.png", 0], ...]}, or {"labels": null} for none`,
    });
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    throw fail("is not JSON");
  }
  if (typeof value !== "object" || value === null || !("labels" in value)) return undefined;
  const all = value.labels;
  const source = posix.basename(file.replaceAll("\\", "/"));
  if (all === null) return { source, labels: undefined };
  // StyleGAN's tools write pairs; some write an object.
  const pairs: unknown = typeof all === "object" && !Array.isArray(all) ? Object.entries(all as object) : all;
  if (!Array.isArray(pairs) || pairs.length === 0) throw fail("has no list of labels");
  const labels = new Map<string, number>();
  for (const [at, pair] of (pairs as unknown[]).entries()) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string")
      throw fail(`label ${at} is ${short(pair)}, not a name and a number`);
    const [name, label] = pair as [string, unknown];
    if (typeof label !== "number" || !Number.isSafeInteger(label) || label < 0)
      throw fail(`the label of ${quote(name)} is ${short(label)}, not a whole number of 0 or more`);
    add(labels, name, label, file);
  }
  return { source, labels };
}

const HEADERS: ReadonlySet<string> = new Set(
  "file filename file_name name path image image_id id".split(" "),
);
const WHOLE = /^\d+$/;

/**
 * A CSV of two columns, `file,label`, with or without such a first line. Labels are whole numbers or names, and all of them
 * the same.
 *
 * @throws {FormatError} another number of columns, an empty or odd label, or an image named twice with different ones
 */
async function parseLabelCsv(text: string, file: string): Promise<FileLabels> {
  const { parse } = await import("csv-parse/sync");
  const fail = (problem: string) =>
    new FormatError(problem, { file, hint: "its lines are file,label: a.png,3 or a.png,cat" });
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
    }) as unknown as typeof rows;
  } catch (error) {
    throw fail(`is not CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [first] = rows;
  if (first !== undefined && HEADERS.has((first.record[0] ?? "").toLowerCase())) rows = rows.slice(1);
  if (rows.length === 0) throw fail("has no labels");
  const labels = new Map<string, string | number>();
  for (const { record, info } of rows) {
    const [name, label] = record;
    if (record.length !== 2 || name === undefined || label === undefined)
      throw fail(`line ${info.lines} has ${record.length} columns, not 2`);
    if (name === "") throw fail(`line ${info.lines} names no file`);
    if (label === "" || /^(none|null|nan)$/i.test(label))
      throw fail(
        `line ${info.lines}: ${quote(name)} has ${label === "" ? "no label" : `the label ${label}`}`,
      );
    add(labels, name, WHOLE.test(label) ? Number(label) : label, file);
  }
  const numbers = [...labels.values()].some((label) => typeof label === "number");
  for (const [name, label] of labels)
    if (typeof label === "string" && (numbers || Number.isFinite(Number(label))))
      throw fail(`the label of ${quote(name)} is ${quote(label)}, not a whole number of 0 or more`);
  return { source: posix.basename(file.replaceAll("\\", "/")), labels };
}

function add<Label>(labels: Map<string, Label>, name: string, label: Label, file: string): void {
  const plain = plainName(name);
  const before = labels.get(plain);
  if (before !== undefined && before !== label)
    throw new FormatError(`gives ${quote(name)} two labels, ${before} and ${label}`, { file });
  labels.set(plain, label);
}

/**
 * The classes of images by their names, which are paths from the folder that the labels are about.
 *
 * @throws {FormatError} an image that has no label
 */
export function classify(
  names: readonly string[],
  { labels }: FileLabels & { readonly labels: ReadonlyMap<string, string | number> },
  file: string,
): Classes {
  const missing: string[] = [];
  const strangers = new Set(labels.keys());
  const found = names.map((name) => {
    const plain = plainName(name);
    const label = labels.get(plain);
    if (label === undefined) missing.push(name);
    strangers.delete(plain);
    return label;
  });
  if (missing.length > 0) {
    const stranger = [...strangers][0];
    const other =
      stranger === undefined ? "" : `, and it names ${quote(stranger)}, which is none of the images`;
    throw new FormatError(
      `has no label for ${missing.length} of ${names.length} images (the first: ${quote(missing[0]!)})${other}`,
      { file, hint: `give every image one, by its path from the top${LABEL_HINT(file)}` },
    );
  }
  const distinct = [...new Set(found)] as (string | number)[];
  distinct.sort((a, b) => (a < b ? -1 : 1));
  const numberOf = new Map(distinct.map((label, number) => [label, number]));
  return {
    classes: distinct.map(String),
    labelOf: found.map((label) => numberOf.get(label!)!),
    strangers: [...strangers],
  };
}

const LABEL_HINT = (file: string): string =>
  posix.basename(file) === LABEL_FILE ? ", or take the file away" : "";

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
