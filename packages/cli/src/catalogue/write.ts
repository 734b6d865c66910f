import { fileURLToPath } from "node:url";
import { writeFileAtomically } from "@gantry/formats";
import { catalogueFile } from "./catalogue.js";
import { makeCatalogue } from "./make.js";
import { codeStamp } from "./stamp.js";

/** Writes the catalogue beside the compiled code: the last step of the build. */
export async function writeCatalogue(): Promise<void> {
  const text = JSON.stringify({ stamp: codeStamp(), catalogue: await makeCatalogue() });
  await writeFileAtomically(fileURLToPath(catalogueFile), Buffer.from(text));
}
