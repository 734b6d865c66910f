import { UsageError } from "../base/errors.js";
import { type DataContext, dataContext } from "./context.js";
import { type FetchReport, fetchFiles } from "./fetch.js";
import { datasets } from "./registry.js";

/**
 * Downloads a known data set from its public home: {@link fetchFiles} of its plan.
 * @throws {UsageError} an unknown name, or a data set that is not downloaded.
 */
export async function fetchDataset(name: string, context?: Partial<DataContext>): Promise<FetchReport> {
  const full = dataContext(context);
  const { fetch: plan } = await datasets.get(name);
  if (plan === undefined) {
    const others = [...(await datasets.all()).values()].filter((one) => one.fetch !== undefined);
    throw new UsageError(
      `the data set ${name} is not downloaded (those that are: ${others.map((one) => one.name).join(", ")})`,
    );
  }
  return await fetchFiles(plan, full);
}
