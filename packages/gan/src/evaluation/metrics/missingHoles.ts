import { Random } from "../../core/data/random.js";
import type { ImageSource } from "./images.js";
import type { Pool } from "./missingJudge.js";

/** Share of the images that a hole takes where there are no classes to leave out. */
const SHARE = 0.1;

/** A part of real images that is left out on purpose, to see whether that would be found. */
export interface Hole {
  /** `the class dog`, or `10 % around image 17`. */
  readonly what: string;
  /** Whether an image is of that part, by its place. */
  readonly ofTraining: (index: number) => boolean;
  readonly ofTest: (index: number) => boolean;
}

/** What is found of a part of the reals that was left out on purpose. */
export interface HoleFound {
  readonly what: string;
  /** Share of its test images that are called missing. */
  readonly found: number;
  /** Share of the called ones that are of it; 0 where none is called. */
  readonly right: number;
}

/**
 * Draws holes: classes, where training and test images have them; else the tenth of the training images that is nearest to
 * one of them, by squared differences of bytes.
 */
export function drawHoles(
  training: ImageSource,
  test: ImageSource,
  images: { readonly training: Pool; readonly test: Pool },
  count: number,
  seed: number,
): Hole[] {
  const random = new Random(seed);
  const [known, judged] = [training.labels, test.labels];
  if (known !== undefined && judged !== undefined) {
    const classes = Uint32Array.from(new Set(known)).sort();
    random.shuffle(classes);
    return Array.from(classes.subarray(0, count), (label) => ({
      what: `the class ${training.classes?.[label] ?? label}`,
      ofTraining: (index) => known[index] === label,
      ofTest: (index) => judged[index] === label,
    }));
  }
  return Array.from({ length: count }, () => around(random, training, images));
}

function around(
  random: Random,
  { shape }: ImageSource,
  { training, test }: { readonly training: Pool; readonly test: Pool },
): Hole {
  const size = shape[0] * shape[1] * shape[2];
  const centre = training.indices[random.integer(training.indices.length)] as number;
  const distances = ({ bytes }: Pool): Float64Array =>
    Float64Array.from({ length: bytes.length / size }, (_, image) => {
      let sum = 0;
      for (let i = 0; i < size; i++)
        sum += (bytes[image * size + i]! - training.bytes[centre * size + i]!) ** 2;
      return sum;
    });
  const [known, judged] = [distances(training), distances(test)];
  const radius = known.slice().sort()[Math.floor(SHARE * known.length)] ?? 0;
  return {
    what: `the ${100 * SHARE} % around image ${centre}`,
    ofTraining: (index) => known[index]! < radius,
    ofTest: (index) => judged[index]! < radius,
  };
}

/** What a call finds of a hole. */
export function powerOf(called: readonly number[], images: number, { what, ofTest }: Hole): HoleFound {
  const right = called.filter(ofTest).length;
  let all = 0;
  for (let image = 0; image < images; image++) if (ofTest(image)) all++;
  return {
    what,
    found: all === 0 ? 0 : right / all,
    right: called.length === 0 ? 0 : right / called.length,
  };
}
