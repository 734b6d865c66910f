import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { temporaryFolder } from "../../testing/datasets.js";
import { type DataProgress, dataContext } from "./context.js";
import { type FetchPlan, fetchFiles } from "./fetch.js";
import { fetchDataset } from "./fetchDataset.js";
import { datasets } from "./registry.js";

const body = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 31) & 255);
const md5 = createHash("md5").update(body).digest("hex");
const sha256 = createHash("sha256").update(body).digest("hex");
const tar = gzipSync(
  Buffer.concat([tarFile("top/a.bin", "first"), tarFile("top/b.bin", "second"), Buffer.alloc(1024)]),
);

const requests: string[] = [];
const server: Server = createServer((request, response) => {
  requests.push(request.url ?? "");
  if (request.url === "/good.gz") response.writeHead(200, { "content-length": body.length }).end(body);
  else if (request.url === "/files.tar.gz") response.writeHead(200).end(tar);
  else if (request.url === "/dropped.gz") {
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, 100_000), () => response.destroy());
  } else response.writeHead(404).end("nothing here");
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.closeAllConnections();
  server.close();
});
const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function tarFile(name: string, content: string): Buffer {
  const block = Buffer.alloc(1024);
  block.write(name, 0);
  block.write(content.length.toString(8).padStart(11, "0"), 124);
  block.write("        0", 148);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  block.write(content, 512);
  return block;
}

async function place(): Promise<{
  folder: string;
  run: (plan: FetchPlan, signal?: AbortSignal) => ReturnType<typeof fetchFiles>;
  seen: DataProgress[];
}> {
  const root = await temporaryFolder();
  const seen: DataProgress[] = [];
  const onProgress = (progress: DataProgress) => void seen.push(progress);
  return {
    folder: join(root, "data", "set"),
    run: (plan, signal) =>
      fetchFiles(plan, dataContext({ home: root, onProgress, ...(signal ? { signal } : {}) })),
    seen,
  };
}

const plan = (file: string, sums: object = { md5 }): FetchPlan => ({
  folder: "set",
  files: [{ url: `${home}/${file}`, ...sums }],
});

test("a file is downloaded, checked, kept, and not downloaded again while it is sound", async () => {
  const { folder, run, seen } = await place();
  const url = `${home}/good.gz`;
  const report = await run(plan("good.gz", { md5, sha256 }));
  assert.deepEqual(report, { folder, downloaded: [url], present: [] });
  assert.deepEqual(new Uint8Array(await readFile(join(folder, "good.gz"))), body);
  assert.deepEqual(seen.at(-1), {
    what: "downloading good.gz",
    done: body.length,
    total: body.length,
    unit: "bytes",
  });
  assert.deepEqual((await run(plan("good.gz"))).present, [url]);
  await writeFile(join(folder, "good.gz"), "damaged");
  assert.deepEqual((await run(plan("good.gz"))).downloaded, [url]);
  assert.deepEqual(await readdir(folder), ["good.gz"]);
});

test("an archive is unpacked, without the folder inside it", async () => {
  const { folder, run } = await place();
  const sum = createHash("md5").update(tar).digest("hex");
  const archive: FetchPlan = {
    folder: "set",
    files: [{ url: `${home}/files.tar.gz`, md5: sum, unpacksTo: ["a.bin", "b.bin"] }],
  };
  await run(archive);
  assert.deepEqual((await readdir(folder)).sort(), ["a.bin", "b.bin"]);
  assert.equal(await readFile(join(folder, "b.bin"), "utf8"), "second");
  const asked = requests.length;
  await run(archive);
  assert.equal(requests.length, asked);
  const other = { folder: "set", files: [{ ...archive.files[0]!, unpacksTo: ["c.bin"] }] };
  await assert.rejects(run(other), { name: "FormatError", message: /holds no c\.bin/ });
  assert.deepEqual((await readdir(folder)).sort(), ["a.bin", "b.bin"]);
});

test("failures say what happened and what to do by hand, and keep nothing", async () => {
  const { folder, run } = await place();
  const fails = async (bad: FetchPlan, message: RegExp) => {
    await assert.rejects(run(bad), (error: Error) => {
      assert.equal(error.name, "RunError");
      assert.match(error.message, message);
      assert.match(error.message, /; or download \S+ by hand and put it at \S+set\/\S+$/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
    assert.deepEqual(await readdir(folder), []);
  };
  await fails(
    plan("good.gz", { md5: "0".repeat(32) }),
    /not the published file \(its md5 is [0-9a-f]{32}, not 0{32}\)/,
  );
  await fails(plan("good.gz", { md5, sha256: "0".repeat(64) }), /its sha256 is/);
  await fails(plan("good.gz", {}), /no checksum is known/);
  await fails(plan("dropped.gz"), /the connection to 127\.0\.0\.1 broke after [\d,]+ bytes?/);
  await fails(plan("none.gz"), /127\.0\.0\.1 answered 404 Not Found/);
  const closed = { folder: "set", files: [{ url: "http://127.0.0.1:1/x.gz", md5 }] };
  await fails(closed, /cannot reach 127\.0\.0\.1 \(.+\): is there a network\?/);
  await assert.rejects(run({ folder: "set", files: [{ url: "http://example.org/x", md5 }] }), /is not https/);
});

test("aborting ends it with the reason given", async () => {
  const { run } = await place();
  const stop = AbortSignal.abort(new Error("stopped by hand"));
  await assert.rejects(run(plan("good.gz"), stop), /stopped by hand/);
});

test("every plan is https with published sums; data that is not downloaded says so", async () => {
  let plans = 0;
  for (const { fetch } of (await datasets.all()).values()) {
    for (const { url, md5: sum = "", sha256: long = "" } of fetch?.files ?? []) {
      plans++;
      assert.match(url, /^https:\/\/[^?#]+\.gz$/);
      assert.match(sum + long, /^([0-9a-f]{32}|[0-9a-f]{64})$/);
    }
  }
  assert.equal(plans, 11);
  await assert.rejects(fetchDataset("ring"), {
    name: "UsageError",
    message: /ring is not downloaded \(those that are: cifar10, cifar100, fashion-mnist, mnist, stl10\)/,
  });
  await assert.rejects(fetchDataset("cifar11"), { name: "UsageError", message: /did you mean 'cifar10'/ });
  const root = await temporaryFolder();
  // All files of a data set there already: no network is needed.
  const folder = join(root, "data", "cifar-100-binary");
  await mkdir(folder, { recursive: true });
  for (const file of ["train.bin", "test.bin"]) await writeFile(join(folder, file), "x");
  assert.equal((await fetchDataset("cifar100", { home: root })).present.length, 1);
});
