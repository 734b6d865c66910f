import assert from "node:assert/strict";
import { appendFile, mkdtemp, open, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { liveTensors, setThreads, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../../../core/base/errors.js";
import { MemoryDataset } from "../../../core/data/dataset.js";
import frechetMetric from "../frechet.js";
import { datasetImages, generatedImages, type ImageSource, memoryImages, quantise } from "../images.js";
import { partsOf } from "../modeCoverage.js";
import type { Table } from "../table.js";
import { type ExtractionOptions, ImageSamples } from "./extractor.js";
import type { FeatureNetwork, NetworkInput } from "./network.js";

setThreads(1);

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "gantry-features-"));
});
after(() => rm(home, { recursive: true, force: true }));

/** Features are the mean of each channel and of the first row, logits the features doubled; counts what it sees. */
function meanNetwork(
  input: NetworkInput = { channels: 3, size: undefined },
  identity = "mean-net 1",
): FeatureNetwork & { seen: number; failAfter: number } {
  return {
    name: "mean-net",
    input,
    featureSize: 4,
    classes: 4,
    identity,
    weights: "none",
    resize: "any",
    seen: 0,
    failAfter: Number.POSITIVE_INFINITY,
    forward(images: Tensor) {
      this.seen += images.size(0);
      if (this.seen > this.failAfter) throw new Error("interrupted");
      const real = images.to({ dtype: "float32" });
      const colour = real.expand([images.size(0), 3, images.size(2), images.size(3)]).mean([2, 3]);
      const features = torch.cat([colour, real.narrow(2, 0, 1).mean([1, 2, 3]).unsqueeze(1)], 1);
      return { features, logits: features.mul(2) };
    },
    dispose() {},
  };
}

function pictures(count: number, shape: ImageSource["shape"] = [3, 4, 4], digest?: string): ImageSource {
  const size = shape[0] * shape[1] * shape[2];
  const data = Uint8Array.from({ length: count * size }, (_, i) => (i * 7919) % 251);
  return memoryImages("pictures", data, shape, digest);
}

const all = (table: Table): number[] => [...table.read(0, table.rows)];

async function look(
  source: ImageSource,
  network: FeatureNetwork,
  options: ExtractionOptions = {},
  notices: string[] = [],
): Promise<{ features: number[]; logits: number[]; samples: ImageSamples }> {
  const context = { home, onNotice: (message: string) => notices.push(message) };
  const samples = new ImageSamples(source, network, { chunk: 10, batch: 4, ...options }, context);
  const found = { features: all(await samples.features()), logits: all(await samples.logits()), samples };
  samples.close();
  return found;
}

test("every image is seen once, in batches, whatever is asked", async () => {
  const before = liveTensors().count;
  const network = meanNetwork();
  const shares: number[] = [];
  const samples = new ImageSamples(
    pictures(37),
    network,
    { chunk: 10, batch: 4 },
    { home, onProgress: ({ done, total }) => shares.push(done / total!) },
  );
  const features = await samples.features();
  const moments = await samples.moments();
  assert.equal((await samples.logits()).rows, 37);
  assert.equal(network.seen, 37);
  assert.equal(moments.count, 37);
  assert.equal(features.columns, 4);
  assert.equal(shares.at(-1), 1);
  assert.ok(shares.every((share, i) => i === 0 || share >= shares[i - 1]!));
  assert.deepEqual(
    all(await samples.logits()),
    all(features).map((value) => Math.fround(value * 2)),
  );
  // Without keeping them, the moments are the same.
  const lean = new ImageSamples(pictures(37), meanNetwork(), { keep: [], chunk: 10 }, { home });
  for (const [i, value] of (await lean.moments()).scatter.entries())
    assert.ok(Math.abs(value - moments.scatter[i]!) <= 1e-9 * Math.abs(value));
  await assert.rejects(lean.features(), TypeError);
  assert.equal(liveTensors().count, before);
});

test("an interrupted pass goes on where it was, and gives the same", async () => {
  const source = pictures(37, [3, 4, 4], "resume");
  const wished = await look(pictures(37), meanNetwork());
  const network = meanNetwork();
  network.failAfter = 25;
  await assert.rejects(look(source, network), /interrupted/);
  const second = meanNetwork();
  const found = await look(source, second);
  // Two chunks of ten were finished.
  assert.equal(second.seen, 17);
  assert.deepEqual(found.features, wished.features);
  assert.deepEqual(found.logits, wished.logits);
  const third = meanNetwork();
  await look(source, third);
  assert.equal(third.seen, 0);
});

test("kept features are another network's or preparation's own", async () => {
  const source = pictures(12, [1, 4, 4], "own");
  await look(source, meanNetwork());
  const other = meanNetwork(undefined, "mean-net 2");
  await look(source, other);
  assert.equal(other.seen, 12);
  const grey = meanNetwork({ channels: 1, size: undefined });
  await look(source, grey);
  assert.equal(grey.seen, 12);
  const uncached = meanNetwork();
  await look(source, uncached, { cache: false });
  assert.equal(uncached.seen, 12);
});

test("a damaged chunk, a file cut short and a broken line are noticed, and only they are computed again", async () => {
  const source = pictures(37, [3, 4, 4], "damage");
  const wished = await look(source, meanNetwork());
  const before = new Set(await readdir(join(home, "cache", "features")));
  assert.ok(before.size > 0);
  const folder = await folderOf(source);
  const file = join(folder, "features.f32");
  const handle = await open(file, "r+");
  await handle.write(Uint8Array.of(255), 0, 1, 15 * 4 * 4);
  await handle.truncate(36 * 4 * 4);
  await handle.close();
  await appendFile(join(folder, "logits.jsonl"), '{"chunk": 3, "sha');
  const notices: string[] = [];
  const network = meanNetwork();
  const found = await look(source, network, {}, notices);
  assert.equal(network.seen, 17);
  assert.match(notices.join(), /2 of the kept features of pictures were damaged/);
  assert.deepEqual(found.features, wished.features);
  assert.deepEqual(found.logits, wished.logits);
});

/** The folder that holds exactly what a look at the source leaves, by looking with a home of its own. */
async function folderOf(source: ImageSource): Promise<string> {
  const own = await mkdtemp(join(home, "own-"));
  const samples = new ImageSamples(source, meanNetwork(), { chunk: 10 }, { home: own });
  await samples.features();
  samples.close();
  const [key] = await readdir(join(own, "cache", "features"));
  return join(home, "cache", "features", key!);
}

test("moments of known images are kept: nothing is looked at again; damaged ones are noticed", async () => {
  const source = pictures(30, [3, 4, 4], "statistics");
  const notices: string[] = [];
  const context = { home, onNotice: (message: string) => notices.push(message) };
  const first = await new ImageSamples(source, meanNetwork(), { keep: [] }, context).moments();
  const network = meanNetwork();
  const second = await new ImageSamples(source, network, { keep: [] }, context).moments();
  assert.equal(network.seen, 0);
  assert.deepEqual(second.scatter, first.scatter);
  const folder = join(home, "cache", "statistics");
  for (const name of await readdir(folder)) {
    const handle = await open(join(folder, name), "r+");
    const { size } = await handle.stat();
    await handle.write(Uint8Array.of(77), 0, 1, size - 1);
    await handle.close();
  }
  // What a killed process left half written long ago, and what one that writes now has.
  const [stale, fresh] = [".a.safetensors.999999999-1.tmp", `.b.safetensors.${process.pid}-1.tmp`];
  const before = new Date(Date.now() - 7_200_000);
  for (const name of [stale, fresh]) {
    await writeFile(join(folder, name), "half");
    await utimes(join(folder, name), before, before);
  }
  const third = await new ImageSamples(source, network, { keep: [] }, context).moments();
  assert.equal(network.seen, 30);
  const left = await readdir(folder);
  assert.ok(!left.includes(stale) && left.includes(fresh));
  assert.match(notices.join(), /checksum is wrong/);
  assert.deepEqual(third.scatter, first.scatter);
});

test("grey comes to colour by repetition, colour to grey only when asked, sizes only when asked; all is stated", async () => {
  const grey = await look(pictures(5, [1, 4, 4]), meanNetwork());
  assert.equal(grey.samples.conventions.colour, "grey repeated");
  for (let row = 0; row < 5; row++) {
    const [r, g, b] = grey.features.slice(4 * row);
    assert.ok(r === g && g === b);
  }
  const greyNet = () => meanNetwork({ channels: 1, size: 4 });
  assert.throws(() => new ImageSamples(pictures(5), greyNet()), /--colour luma/);
  const luma = await look(pictures(5), greyNet(), { colour: "luma" });
  assert.equal(luma.samples.conventions.colour, "luma");
  assert.throws(() => new ImageSamples(pictures(5, [1, 6, 6]), greyNet()), /--resize lanczos3/);
  assert.throws(
    () => new ImageSamples(pictures(5, [1, 6, 6]), greyNet(), { resize: "clean-fid" }),
    /--resize clean-fid is a way to Inception's size, and .* has its own/,
  );
  const resized = await look(pictures(5, [1, 6, 6]), greyNet(), { resize: "lanczos3" });
  assert.equal(resized.samples.conventions.resize, "lanczos3 4");
  const exact = await look(pictures(5, [1, 4, 4]), greyNet(), { resize: "lanczos3" });
  assert.equal(exact.samples.conventions.resize, "none");
  assert.throws(() => new ImageSamples(pictures(5, [2 as 1, 4, 4]), meanNetwork()), UsageError);
  assert.throws(() => memoryImages("empty", new Uint8Array(0), [3, 4, 4]), UsageError);
});

test("quantisation: clip brings bytes back exactly, floor and stretch are what they say, NaN is black", () => {
  const bytes = torch.tensor(Float32Array.from({ length: 256 }, (_, i) => i / 127.5 - 1));
  assert.deepEqual(
    quantise(bytes).toNumbers(),
    Array.from({ length: 256 }, (_, i) => i),
  );
  const odd = torch.tensor([-3, -0.5, 0.499, 3, Number.NaN]);
  assert.deepEqual(quantise(odd).toNumbers(), [0, 64, 191, 255, 0]);
  assert.deepEqual(quantise(odd, { rounding: "floor" }).toNumbers(), [0, 63, 191, 255, 0]);
});

test("stretch is kwotsin/mimicry's: the least of all images 0, the largest 255, whatever the batches", async () => {
  // Its _normalize_images of these four, in NumPy's float32.
  const values = [-0.5, 0, 0.25, 0.5];
  const bytes = [0, 127, 191, 255];
  assert.deepEqual(quantise(torch.tensor(values), { range: "stretch" }).toNumbers(), bytes);
  assert.deepEqual(quantise(torch.tensor([0.2, 0.2]), { range: "stretch" }).toNumbers(), [0, 0]);
  for (const batch of [1, 3, 4]) {
    let begun = 0;
    const source = generatedImages("g", {
      count: 4,
      shape: [1, 1, 1],
      batch,
      quantisation: { range: "stretch" },
      begin() {
        begun++;
        let at = 0;
        return (count) => {
          const part = torch.tensor(values.slice(at, at + count)).reshape([count, 1, 1, 1]);
          at += count;
          return part;
        };
      },
    });
    assert.deepEqual([...(await source.read(0, 2)), ...(await source.read(2, 4))], bytes);
    assert.equal(source.quantisation, "stretch over all, nearest");
    assert.equal(begun, 2);
  }
});

test("sources: a data set's first or drawn images, and a generator's, made as they are read", async () => {
  const data = new Uint8Array(new SharedArrayBuffer(20));
  for (let i = 0; i < 20; i++) data[i] = i;
  const dataset = new MemoryDataset({
    name: "tiny",
    kind: "images",
    shape: [1, 1, 1],
    items: { data, record: 1, parts: 1, table: undefined },
  });
  assert.deepEqual([...(await datasetImages(dataset, { count: 3 }).read(1, 3))], [1, 2]);
  const drawn = datasetImages(dataset, { count: 20, seed: 1 });
  assert.deepEqual(
    [...(await drawn.read(0, 20))].sort((a, b) => a - b),
    [...data],
  );
  assert.notEqual(drawn.digest, datasetImages(dataset, { count: 20, seed: 2 }).digest);
  assert.throws(() => datasetImages(dataset, { count: 21 }), UsageError);

  const before = liveTensors().count;
  let made = 0;
  const generated = generatedImages("g", {
    count: 10,
    shape: [1, 1, 1],
    batch: 4,
    begin: () => (count) => {
      const values = Float32Array.from({ length: count }, (_, i) => (made + i) / 127.5 - 1);
      made += count;
      return torch.tensor(values).reshape([count, 1, 1, 1]);
    },
  });
  const found = await look(generated, meanNetwork());
  assert.deepEqual(
    found.features.filter((_, i) => i % 4 === 0),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(liveTensors().count, before);
});

test("parts of composed images: channels and boxes, each image read once", async () => {
  const shape = [3, 2, 2] as const;
  const bytes = Uint8Array.from({ length: 7 * 12 }, (_, i) => i);
  const reads: number[] = [];
  const once: ImageSource = {
    ...memoryImages("m", bytes, shape),
    read(start, end) {
      for (let i = start; i < end; i++) reads.push(i);
      return bytes.slice(start * 12, end * 12);
    },
  };
  const channels = partsOf(once, "channels");
  assert.deepEqual([channels.count, channels.shape], [21, [1, 2, 2]]);
  const pieces: number[] = [];
  for (const [start, end] of [
    [0, 4],
    [4, 5],
    [5, 6],
    [6, 17],
    [17, 21],
  ] as const)
    pieces.push(...(await channels.read(start, end)));
  assert.deepEqual(pieces, [...bytes]);
  assert.deepEqual(reads, [0, 1, 2, 3, 4, 5, 6]);
  const corners = [
    { top: 4, left: 0, height: 2, width: 2 },
    { top: 0, left: 0, height: 2, width: 2 },
  ];
  const size = { height: 2, width: 2 };
  const boxes = partsOf(memoryImages("m", bytes, [1, 6, 2]), { boxes: corners, size });
  assert.deepEqual([...(await boxes.read(1, 3))], [0, 1, 2, 3, 20, 21, 22, 23]);
  const framed = { boxes: corners, size: { height: 2, width: 4 } };
  const black = partsOf(memoryImages("m", bytes, [1, 6, 2]), framed);
  assert.deepEqual([...(await black.read(2, 3))], [0, 20, 21, 0, 0, 22, 23, 0]);
  assert.throws(() => partsOf(once, { boxes: [], size }), UsageError);
  assert.throws(() => partsOf(once, { boxes: corners, size }), /must lie inside/);
  assert.throws(() => partsOf(memoryImages("m", bytes, [1, 6, 2]), "channels"), /one channel/);
});

test("a metric over images says what happened to them", async () => {
  const fake = new ImageSamples(pictures(20, [1, 4, 4]), meanNetwork(), { cache: false });
  const real = new ImageSamples(pictures(30), meanNetwork(), { cache: false });
  const [score] = await frechetMetric.score({ covariance: "n-1" }, { fake, real });
  assert.equal(score?.name, "fid[mean-net]");
  assert.deepEqual(score?.conventions, {
    quantisation: "none",
    resize: "any",
    colour: "grey repeated",
    "real colour": "none",
    weights: "none",
    covariance: "n-1",
  });
  assert.ok(score !== undefined && Number.isFinite(score.value));
});
