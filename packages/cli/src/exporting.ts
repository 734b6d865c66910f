import { cp, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { OnnxExport } from "@gantry/gan";
import { UsageProblem } from "./errors.js";

/**
 * Writes a folder with a page that shows a generator: files beside each other, which a web server or a browser reads.
 * @throws UsageProblem for a generator whose samples no page can show, and for a folder that cannot be made
 */
export async function writePage(folder: string, { bytes, data }: OnnxExport): Promise<void> {
  const [channels = 0] = data.shape;
  if (data.kind === "images" ? channels !== 1 && channels !== 3 : channels !== 2)
    throw new UsageProblem(
      `--page shows images of 1 or 3 channels, and points of 2 numbers, not [${data.shape}]; write --onnx instead`,
    );
  const { GENERATOR_SCRIPT, generatorScript, pageFolder } = await import("@gantry/web/page");
  if (
    !(await stat(folder).then(
      (status) => status.isDirectory(),
      () => true,
    ))
  )
    throw new UsageProblem(`--page ${folder}: there is a file of that name; name a folder`);
  await mkdir(folder, { recursive: true });
  await cp(pageFolder, folder, { recursive: true });
  const zipped = await promisify(gzip)(bytes);
  await writeFile(join(folder, GENERATOR_SCRIPT), generatorScript(zipped));
}
