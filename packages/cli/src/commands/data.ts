import type { ListedDataset } from "@gantry/gan/data";
import { builtCatalogue, hasOwnParts } from "../catalogue/catalogue.js";
import { defineCommand } from "../command.js";
import { type ImportOptions, importOption, importOwn } from "../parts.js";
import { columns } from "../render/format.js";

const jsonOption = { flags: "--json", description: "print JSON" };

/** What the library says of kinds of data that have no place of their own. */
const BY_PATH = "give its path";

/** The weights of Inception, which metrics look through. */
const INCEPTION = "inception";

/** By places alone where that tells all: one's own sets may look for themselves. */
async function listed(options: ImportOptions): Promise<ListedDataset[]> {
  const built = hasOwnParts(options) ? undefined : builtCatalogue();
  if (built === undefined) {
    await importOwn(options);
    return await (await import("@gantry/gan/data")).listDatasets();
  }
  const { listed: entry, locateIn } = await import("@gantry/gan/places");
  return await Promise.all(
    built.datasets.map(async (each) =>
      entry(each, each.byPath, each.places === null ? undefined : await locateIn(each.places)),
    ),
  );
}

export default defineCommand<ImportOptions>({
  name: "data",
  summary: "list the data sets and where they are, or download one",
  description: "Lists the data sets known by name, and where each was found on this machine.",
  options: [importOption, jsonOption],
  examples: [
    ["gantry data", "what is found where"],
    ["gantry data fetch cifar10", "download from its public home"],
    ["gantry train dcgan --data photos.zip --set data.size=64", "images of your own need no name"],
  ],
  async run(output, _, options) {
    const all = await listed(options);
    if (output.json) {
      output.printJson(all.map((entry) => ({ ...entry, path: entry.path ?? null })));
      return 0;
    }
    const { style } = output;
    const left = Math.max(...all.map(({ name }) => name.length));
    const text = all.map(({ name, summary, path, available, remedies }) => {
      const place =
        path !== undefined || available
          ? style.good(path ?? "computed")
          : style.dim(
              remedies[0] === BY_PATH
                ? "opened by its path: --data PATH"
                : `not here; to get it: ${remedies.join(", or: ")}`,
            );
      return `${columns([[name.padEnd(left), summary]], output.columns, style.bold)}\n${" ".repeat(left + 4)}${place}`;
    });
    output.print(text.join("\n"));
    return 0;
  },
  commands: [
    defineCommand<ImportOptions>({
      name: "fetch",
      summary: "download a data set, or the weights of Inception, from its public home",
      description:
        "Downloads a data set (or 'inception': the weights of Inception-v3 that metrics look through) from its public home " +
        "into Gantry's own folder, and checks it against the published checksums. Files that are there and sound are kept.",
      arguments: [{ name: "<name>", description: "see 'gantry data'; or inception" }],
      options: [importOption, jsonOption],
      examples: [
        ["gantry data fetch fashion-mnist", "30 MB"],
        ["gantry data fetch inception", "what FID is defined with"],
      ],
      async run(output, [name = ""], options) {
        await importOwn(options);
        const { dataContext, fetchDataset } = await import("@gantry/gan/data");
        const { datasets } = await import("@gantry/gan");
        const { fetchInception } = await import("@gantry/gan/metrics");
        const { dataProgress } = await import("../training.js");
        const { Interrupted, Interruption } = await import("../signals.js");
        const interruption = new Interruption({
          onFirst: () => output.reporter.note("Stopping. Ctrl-C again stops at once."),
        });
        try {
          const context = dataContext(dataProgress(output, interruption.signal));
          const isNetwork = name === INCEPTION;
          const report = isNetwork ? await fetchInception(context) : await fetchDataset(name, context);
          const setting = isNetwork ? undefined : (await datasets.get(name)).fetch?.setting;
          const next = isNetwork
            ? "eval RUN"
            : `train dcgan --preset small --data ${name}${setting === undefined ? "" : ` --set ${setting}`}`;
          if (output.json) output.printJson(report);
          else
            output.print(
              report.downloaded.length === 0
                ? `${name} is there already, and sound: ${report.folder}`
                : `${name} is in ${report.folder}\nTry next:\n  gantry ${next}`,
            );
          return 0;
        } catch (error) {
          if (error instanceof Interrupted) return error.status;
          throw error;
        } finally {
          interruption.release();
        }
      },
    }),
  ],
});
