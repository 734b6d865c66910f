import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeIdx } from "@gantry/formats";
import { Random } from "@gantry/gan/data";

/**
 * Ten classes that are easily told apart, a bright bar each in noise, as MNIST's files.
 * @returns the bytes of the last split's images
 */
export async function writeDigits(
  place: string,
  sizes: { train: number; t10k: number },
): Promise<Uint8Array> {
  await mkdir(place, { recursive: true });
  let data = new Uint8Array();
  for (const [seed, [split, count]] of Object.entries(sizes).entries()) {
    const random = new Random(seed);
    data = Uint8Array.from(
      { length: count * 784 },
      (_, at) =>
        random.integer(60) + (Math.floor((at % 784) / 28 / 2.8) === Math.floor(at / 784) % 10 ? 180 : 0),
    );
    await writeFile(join(place, `${split}-images-idx3-ubyte`), encodeIdx({ shape: [count, 28, 28], data }));
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    await writeFile(join(place, `${split}-labels-idx1-ubyte`), encodeIdx({ shape: [count], data: labels }));
  }
  return data;
}
