import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, TorchError, torch } from "./index.js";
import { native } from "./native.js";

setThreads(1);

/** Takes an array's memory away, as handing it to a thread does. */
const detach = (array: Float32Array<ArrayBuffer>) =>
  structuredClone(array.buffer, { transfer: [array.buffer] });

test("an array whose memory goes while the shape is read has nothing to be read", () => {
  const data = Float32Array.of(1, 2);
  const shape = Object.defineProperty([0], 0, {
    get: () => {
      if (data.length > 0) detach(data);
      return 2;
    },
  });
  assert.throws(
    () => native.fromBytes(data, shape, "float32"),
    /shape needs 8 bytes of float32, the data has 0/,
  );
  const gone = Float32Array.of(1, 2);
  detach(gone);
  scope(() => assert.throws(() => native.copyTo(torch.ones([2]).handle, gone), /has 0 bytes, the tensor 8/));
});

test("a list that frees its tensors while it is read is read, or is an error", () => {
  for (const freed of [0, 1])
    scope(() => {
      const tensors = [torch.ones([3]), torch.ones([3])];
      const handles = tensors.map(({ handle }) => handle);
      const list = Object.defineProperty([...handles], 1, {
        get: () => {
          native.free(handles[freed] as number);
          return handles[1];
        },
      });
      assert.throws(() => native.call(native.resolve("aten::cat", ""), list, 0), /freed/);
    });
});

test("errors are TorchErrors, whatever the class of errors is said to be", () => {
  for (const none of [undefined, null, 1, "TorchError", {}, []])
    assert.throws(() => native.setErrorClass(none as never), TorchError);
  assert.throws(() => native.shape(0), TorchError);
});

test("of an empty batch no groups are made, which would be thousands of millions", () =>
  scope(() => {
    const norm = (groups: number) =>
      torch.activatedBatchNorm(torch.ones([0, 16]), null, null, null, null, true, 0.1, 1e-5, 1, groups);
    assert.throws(() => norm(2 ** 31 - 1), /2147483647 groups do not fit \[0, 16\]/);
  }));

const HUGE: [bigint, bigint][] = [
  [2n ** 32n, 2n ** 32n],
  [2n ** 31n, 2n ** 31n],
  [2n ** 31n, 2n ** 32n],
  [2n ** 62n, 2n],
  [2n ** 33n, 2n ** 31n],
  [2n ** 63n - 1n, 1n],
];

/** Every operator that is told the sizes of what it makes. */
const resized: Record<string, (image: Tensor, size: [bigint, bigint]) => unknown> = {
  bilinear: (image, size) => image.upsampleBilinear2d(size as never, false),
  "bilinear with corners": (image, size) => image.upsampleBilinear2d(size as never, true),
  nearest: (image, size) => image.upsampleNearest2d(size as never),
  pooling: (image, size) => image.adaptiveAvgPool2d(size as never),
  repeat: (image, size) => image.repeat([1, 1, ...size] as never),
  padding: (image, [a, b]) => image.constantPadNd([a, 0n, b, 0n] as never),
  expand: (image, size) =>
    image
      .narrow(2, 0, 1)
      .narrow(3, 0, 1)
      .expand([-1n, -1n, ...size] as never),
  zeros: (image, size) => torch.zeros([...image.shape, ...size] as never),
};

test("padding wider than any image is refused, on each side, before it is gone through for minutes", () => {
  scope(() => {
    const [image, weight] = [torch.ones([1, 1, 1, 1]), torch.ones([1, 1, 1, 3])];
    const widest = torch.conv2d(image, weight, null, [1, 1], [0, 2 ** 15, 0, 2 ** 15]);
    assert.deepEqual(widest.shape, [1, 1, 1, 2 ** 16 - 1]);
    for (const beyond of [2 ** 15 + 1, 2 ** 24, 2 ** 53 - 1])
      for (const side of [0, 1, 2, 3]) {
        const padding = [0, 0, 0, 0].map((none, at) => (at === side ? beyond : none));
        for (const convolve of [torch.conv2d, torch.convTranspose2d])
          assert.throws(() => convolve(image, weight, null, [1, 1], padding), {
            name: "TorchError",
            message: /padding must be from 0 to 32768/,
          });
      }
  });
});

test("padding that is narrow enough on each side and too wide together is refused before anything is allocated", () => {
  scope(() => {
    const image = torch.ones([1, 1, 1, 1]);
    const weight = torch.ones([1, 1, 1, 1]);
    const before = process.memoryUsage.rss();
    for (const side of [2 ** 15, 2 ** 14])
      assert.throws(() => torch.conv2d(image, weight, null, [1, 1], [side, side, side, side]), {
        name: "TorchError",
        message: /padding .* makes an image of 1x1 one of \d+ places; the most is 268435456/,
      });
    assert.ok(process.memoryUsage.rss() - before < 64 * 2 ** 20);
  });
});

for (const [name, resize] of Object.entries(resized))
  test(`sizes whose product overflows are an error, of empty batches too: ${name}`, () => {
    for (const shape of [
      [1, 1, 2, 2],
      [0, 4, 2, 2],
      [2, 0, 2, 2],
    ])
      for (const memoryFormat of ["contiguous", "channelsLast"] as const)
        for (const dtype of ["float32", "float64", "bfloat16"] as const)
          for (const size of HUGE)
            scope(() => {
              const image = torch.zeros(shape, { dtype }).contiguous({ memoryFormat }).requiresGrad_();
              assert.throws(() => {
                const made = resize(image, size) as Tensor;
                if (made.requiresGrad) grad(made.sum(null), [image]);
                throw new Error(`${shape} to ${size} is taken`);
              }, TorchError);
            });
  });
