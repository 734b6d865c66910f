import { UsageError } from "@gantry/gan";
import { dataNamed, listDatasets } from "@gantry/gan/data";
import { choose } from "./choose.js";
import { locateZip } from "./cifar10.js";
import type { StudyRequest } from "./study.js";
import type { Place, TableData } from "./table.js";

/** A data set of a table as it is trained on. */
export interface ChosenData {
  readonly name: string;
  readonly title: string;
  readonly place: Place;
}

/**
 * The data that a request comes to.
 * @returns with what is to be said of what is missing or stands in another's place, a sentence each
 * @throws UsageError for unknown names; at the pace `paper` for data that is not here, with how to get it
 */
export async function chooseData(
  all: readonly TableData[],
  pace: string,
  { problems, data = {} }: StudyRequest,
): Promise<{ readonly chosen: readonly ChosenData[]; readonly words: readonly string[] }> {
  choose("data set", all, Object.keys(data));
  const chosen: ChosenData[] = [];
  const words: string[] = [];
  for (const each of choose("problem", all, problems)) {
    const given = data[each.name];
    const { quick, paper, summary: title } = each;
    if (given !== undefined) {
      const own = given === paper.data.name ? {} : await dataNamed(given);
      // At the quick pace Inception's weights are not asked for.
      const looked =
        pace === "paper" || paper.network !== "inception-2015"
          ? {}
          : { network: "cifar10-cnn", resize: "lanczos3" as const };
      const place = await whole({ ...paper, ...looked, data: { ...paper.data, ...own } }, words);
      chosen.push({ name: each.name, title, place });
      words.push(`${title} is ${given}, looked at through ${place.network}`);
    } else if (pace === "paper") {
      await refuseMissing(each);
      chosen.push({ name: each.name, title, place: await whole(paper, words) });
    } else if (each.onRequest === true && problems === undefined) {
      words.push(`${title} is left out at this pace; --problems ${each.name} takes it in`);
    } else if (quick === undefined) {
      if (problems !== undefined)
        throw new UsageError(
          `${title} has nothing in its place at the quick pace; say where it is: --data ${each.name}=PATH`,
        );
      words.push(`${title} is left out at this pace; --data ${each.name}=PATH takes it in`);
    } else {
      chosen.push({ name: each.name, title, place: await whole(quick, words) });
      if (quick.words !== undefined) words.push(quick.words);
    }
  }
  return { chosen, words };
}

/** An excerpt of CIFAR-10 is learned by heart: the zip of all its images, where it is here, comes before. */
async function whole(place: Place, words: string[]): Promise<Place> {
  const path = place.data.name === "cifar10" ? await locateZip() : undefined;
  if (path === undefined) return place;
  words.push("CIFAR-10's images are read from JPEG files");
  return { ...place, data: { ...place.data, path } };
}

async function refuseMissing({ name, summary, paper }: TableData): Promise<void> {
  const known = await listDatasets();
  const found = known.find((each) => each.name === paper.data.name);
  if (found === undefined || found.available) return;
  throw new UsageError(
    `${summary} is not here, and the paper's pace takes no other data: ${found.remedies.join("; ")}; or say where it is: --data ${name}=PATH; or choose what to do without it: --problems`,
  );
}
