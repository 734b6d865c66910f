import type { Added, Project } from "@gantry/gan";
import type { CommandOption } from "./command.js";
import type { Output } from "./output.js";

/** Parts from outside, for commands that know things by name. */
export const importOption: CommandOption = {
  flags: "--import <file|package>",
  description:
    "terms, recipes, data sets and the like of your own: a .ts or .js file, or a package; repeatable",
  repeats: true,
};

export interface ImportOptions {
  readonly import?: readonly string[];
}

/**
 * Imports what `--import` names, and what the project of the current folder does.
 * @returns that project
 */
export async function importOwn(options: ImportOptions): Promise<Project> {
  const { importParts, readProject } = await import("@gantry/gan");
  const project = await readProject(process.cwd());
  // So that a study is known as one.
  if ((options.import ?? project.imports).length > 0) await import("@gantry/studies");
  await importParts(options.import ?? []);
  await importParts(project.imports);
  return project;
}

/**
 * Imports what `--import` names; what runs are made of, as it was when they were begun; and what the project names.
 * @param command what to type where a run's parts are not to be had, as `resume`
 * @param spares kinds of parts that the command can do without
 */
export async function importForRuns(
  paths: readonly string[],
  options: ImportOptions,
  command: string,
  output: Output,
  spares: readonly string[] = [],
): Promise<void> {
  const { importParts } = await import("@gantry/gan");
  const { importRunParts, RunDirectory } = await import("@gantry/gan/run");
  if (options.import !== undefined) await import("@gantry/studies");
  await importParts(options.import ?? []);
  const { note: onNote } = output.reporter;
  for (const path of paths) {
    const { record } = await RunDirectory.open(path);
    await importRunParts(path, record, { command, spares, onNote });
  }
  await importOwn({});
}

/** `--with`: terms with their options, by name or by the files that they are in, which are imported. */
export async function parseTerms(texts: readonly string[] | undefined): Promise<Added[]> {
  const { parseTerm, termNamed } = await import("@gantry/gan");
  const terms: Added[] = [];
  for (const text of texts ?? []) {
    const term = parseTerm(text);
    const given = await termNamed(term.term ?? term.name);
    terms.push(term.term === undefined ? { ...term, name: given } : { ...term, term: given });
  }
  return terms;
}
