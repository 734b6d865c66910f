import assert from "node:assert/strict";
import { test } from "node:test";
import { autocast, grad, nn, scope, setThreads, type Tensor, torch } from "./index.js";
import { native } from "./native.js";
import { assertRounded, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

/**
 * Images, channels in and out, size, kernel, stride, and padding: blocks of 32 images that are full and that are not,
 * channels that fill their tiles and that do not, places that see nothing but padding.
 */
const cases = [
  [5, 16, 32, [6, 5], [3, 3], [1, 1], [1, 1]],
  [33, 48, 16, [5, 4], [4, 4], [2, 2], [1, 1]],
  [64, 32, 80, [8, 3], [5, 5], [2, 2], [2, 2]],
  [18, 112, 48, [4, 4], [4, 4], [4, 4], [0, 0]],
  [2, 64, 64, [7, 9], [1, 3], [1, 2], [0, 3]],
  [3, 16, 16, [2, 3], [3, 2], [2, 1], [1, 0, 2, 1]],
  [1, 32, 96, [32, 34], [3, 3], [1, 1], [1, 1]],
] as const;

type Values = Readonly<Record<"x" | "w" | "b" | "g" | "y" | "c" | "h", Tensor>>;

function make([count, from, to, size, kernel, stride, padding]: (typeof cases)[number]): Values {
  const random = new Random(from + to);
  const places = size.map((side, d) => {
    const around = padding[d]! + (padding[d + padding.length - 2] as number);
    return Math.floor((side + around - kernel[d]!) / stride[d]!) + 1;
  });
  const images = [count, from, ...size];
  const outputs = [count, to, ...places];
  const shapes = {
    x: images,
    w: [to, from, ...kernel],
    b: [to],
    g: outputs,
    y: outputs,
    c: [from],
    h: images,
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      noise(random, shape).to({ dtype: "bfloat16" }).detach().requiresGrad_(),
    ]),
  ) as Values;
}

/** Of a convolution and of a transposed one: outputs, and gradients by input, weight and bias. */
function everything({ x, w, b, g, y, c, h }: Values, [, , , , , stride, padding]: (typeof cases)[number]) {
  const missing = [2, 3].map((d) => {
    const around = padding[d - 2]! + (padding[d + padding.length - 4] as number);
    return h.size(d) - ((y.size(d) - 1) * stride[d - 2]! - around + w.size(d));
  });
  const convolved = torch.conv2d(x, w, b, stride, padding);
  const spread = torch.convTranspose2d(y, w, c, stride, padding, missing);
  return [
    convolved,
    ...grad([convolved], [x, w, b], { gradOutputs: [g] }),
    spread,
    ...grad([spread], [y, w, c], { gradOutputs: [h] }),
  ];
}

const as = (values: Values, dtype: "float64") =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value.to({ dtype }).detach().requiresGrad_()]),
  ) as Values;

const skip = !native.hasMatrixUnit() && "this processor has no matrix unit";

for (const each of cases)
  test(
    `[${each.slice(0, 3)}], [${each[3]}], kernel [${each[4]}], stride [${each[5]}], padding [${each[6]}]: the sum in float64, rounded`,
    { skip },
    () =>
      scope(() => {
        const values = make(each);
        const expected = everything(as(values, "float64"), each);
        // Of the bias' gradients LibTorch's own sum, in bfloat16, is taken.
        for (const [i, value] of everything(values, each).entries())
          if (i !== 3 && i !== 7) assertRounded(value, expected[i] as Tensor, `${i}`);
      }),
  );

test("it is what computes, unless it is switched off", { skip }, () =>
  scope(() => {
    const values = make(cases[2]);
    const compute = () => everything(values, cases[2]).map((value) => value.toNumbers());
    const found = compute();
    nn.computePlainly(["matrix-unit"]);
    const plain = compute();
    nn.computePlainly([]);
    assert.notDeepEqual(found, plain);
    assert.deepEqual(compute(), found);
  }),
);

test("gradients of gradients under autocast are near those of float64", () =>
  scope(() => {
    const random = new Random(9);
    const x = noise(random, [4, 16, 6, 6], "float32").requiresGrad_();
    const w = noise(random, [32, 16, 3, 3], "float32").requiresGrad_();
    const penalty = (input: Tensor, weight: Tensor) => {
      const output = torch.conv2d(input, weight, undefined, [1, 1], [1, 1]);
      const [first] = grad([output.to({ dtype: input.dtype }).square().sum()], [input], {
        createGraph: true,
      });
      return grad([(first as Tensor).square().mean()], [weight])[0] as Tensor;
    };
    const found = autocast("bfloat16", () => penalty(x, w));
    const expected = penalty(
      x.to({ dtype: "float64" }).detach().requiresGrad_(),
      w.to({ dtype: "float64" }).detach().requiresGrad_(),
    );
    const difference = found.to({ dtype: "float64" }).sub(expected).abs().max().item();
    assert.ok(difference <= 0.02 * expected.abs().max().item(), `differs by ${difference}`);
  }));

test("what is not finite stays so", () =>
  scope(() => {
    const { x, w, b } = make(cases[0]);
    const [, , , , , stride, padding] = cases[0];
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const image = x.detach().clone();
      image.select(0, 0).select(0, 0).select(0, 0).select(0, 0).fill_(bad);
      const found = torch.conv2d(image, w, b, stride, padding);
      const finite = found.select(0, 0).isfinite().to({ dtype: "float32" }).sum([0]).toNumbers();
      // A kernel of three with padding sees the first pixel from four places.
      assert.deepEqual(finite.slice(0, 2), [0, 0]);
      assert.ok(found.narrow(0, 1, 4).isfinite().all().item());
    }
  }));

test("any number of threads gives the same bits", { skip }, () =>
  scope(() => {
    const found = [1, 2, 3].map((threads) => {
      setThreads(threads);
      return cases.slice(0, 4).map((each) => everything(make(each), each).map((value) => value.toNumbers()));
    });
    setThreads(1);
    assert.deepEqual(found[1], found[0]);
    assert.deepEqual(found[2], found[0]);
  }),
);
