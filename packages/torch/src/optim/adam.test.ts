import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, noGrad } from "../autograd.js";
import { TorchError } from "../errors.js";
import { functions as torch } from "../ops_gen.js";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import type { Tensor } from "../tensor.js";
import { ADAM_HAS_SAME_BITS } from "../testing/instructions.js";
import { normal } from "../testing/modules.js";
import type { DType } from "../types.js";

setThreads(1);

interface Lists {
  readonly parameters: Tensor[];
  readonly gradients: Tensor[];
  readonly firsts: Tensor[];
  readonly seconds: Tensor[];
}
const BETAS = [0.5, 0.999] as const;
const EPS = 1e-7;
const sizes = (lists: Lists) => lists.parameters.map((_, i) => 2e-3 * (1 + i));
const roots = (lists: Lists) => lists.parameters.map((_, i) => 0.3 + 0.01 * i);

/** Adam as PyTorch's `_multi_tensor_adam` writes it. */
function byOperators(lists: Lists, weightDecay: number, eps = EPS): void {
  const { parameters, firsts, seconds } = lists;
  const gradients =
    weightDecay === 0
      ? lists.gradients
      : torch.foreachAdd(lists.gradients, parameters, { alpha: weightDecay });
  torch.foreachMulScalar_(firsts, BETAS[0]);
  torch.foreachAdd_(firsts, gradients, { alpha: 1 - BETAS[0] });
  torch.foreachMulScalar_(seconds, BETAS[1]);
  torch.foreachAddcmul_(seconds, gradients, gradients, 1 - BETAS[1]);
  const denominators = torch.foreachSqrt(seconds);
  torch.foreachDivScalars_(denominators, roots(lists));
  torch.foreachAddScalar_(denominators, eps);
  torch.foreachAddcdivScalars_(
    parameters,
    firsts,
    denominators,
    sizes(lists).map((size) => -size),
  );
}

function inOnePass(lists: Lists, weightDecay: number, eps = EPS): void {
  const { parameters, gradients, firsts, seconds } = lists;
  torch.adam_(
    ...([parameters, gradients, firsts, seconds] as const),
    ...([sizes(lists), roots(lists), ...BETAS, eps, weightDecay] as const),
  );
}

const copyOf = (lists: Lists): Lists => ({
  parameters: lists.parameters.map((each) => each.clone()),
  gradients: lists.gradients,
  firsts: lists.firsts.map((each) => each.clone()),
  seconds: lists.seconds.map((each) => each.clone()),
});

const numbersOf = ({ parameters, firsts, seconds }: Lists) =>
  [parameters, firsts, seconds].map((list) => list.map((each) => each.toNumbers()));

/** Equal bits from LibTorch 1's operators; from later ones numbers within a few roundings of their type, and the same odd ones. */
function assertNumbers(found: Lists, expected: Lists): void {
  if (ADAM_HAS_SAME_BITS) assert.deepEqual(numbersOf(found), numbersOf(expected));
  const lists = (all: Lists) => [all.parameters, all.firsts, all.seconds].flat();
  for (const [i, tensor] of lists(found).entries()) {
    const other = lists(expected)[i] as Tensor;
    const tolerance = { float64: 1e-14, float32: 2e-6, bfloat16: 2e-2 }[tensor.dtype as "float64"];
    const [a, b] = [tensor.toNumbers(), other.toNumbers()];
    for (const [at, value] of a.entries()) {
      const wanted = b[at] as number;
      const close = Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
      assert.ok(
        Object.is(value, wanted) || close,
        `list ${i}, number ${at}: ${value}, by operators ${wanted}`,
      );
    }
  }
}

/** Three steps each way, from the same numbers, make the same. */
function assertSame(lists: Lists, weightDecay: number, eps = EPS): void {
  const other = copyOf(lists);
  for (let step = 0; step < 3; step++) {
    inOnePass(lists, weightDecay, eps);
    byOperators(other, weightDecay, eps);
  }
  assertNumbers(lists, other);
}

const random = (shape: readonly number[], dtype: DType) => normal(...shape).to({ dtype });

/** @param arrange lays out a tensor in memory */
function randomLists(
  shapes: readonly (readonly number[])[],
  dtype: DType,
  arrange: (tensor: Tensor) => Tensor = (tensor) => tensor,
): Lists {
  const make = (change: (tensor: Tensor) => Tensor) =>
    shapes.map((shape) => arrange(change(random(shape, dtype))));
  const same = (tensor: Tensor) => tensor;
  return {
    parameters: make(same),
    gradients: make(same),
    firsts: make(same),
    seconds: make((tensor) => tensor.square()),
  };
}

const SHAPES = [[], [0], [1], [3], [7, 0, 2], [8], [17], [31, 5], [4, 3, 3, 3], [6, 5, 1, 1], [1025, 3]];

for (const dtype of ["float32", "float64"] as const)
  for (const weightDecay of [0, 0.1])
    test(`one pass makes the operators' numbers in ${dtype}, weight decay ${weightDecay}`, () =>
      scope(() => {
        manualSeed(11);
        assertSame(randomLists(SHAPES, dtype), weightDecay);
      }));

test("tensors with other orders in memory, with gaps, or of other types give the same", () =>
  scope(() => {
    manualSeed(12);
    const channelsLast = (tensor: Tensor) => tensor.contiguous({ memoryFormat: "channelsLast" });
    const images = [
      [4, 3, 3, 3],
      [6, 5, 1, 1],
      [2, 7, 4, 4],
    ];
    assertSame(randomLists(images, "float32", channelsLast), 0.1);
    const mixed = randomLists(images, "float32", channelsLast);
    assertSame({ ...mixed, gradients: mixed.gradients.map((each) => each.contiguous()) }, 0);
    assertSame({ ...mixed, firsts: mixed.firsts.map((each) => each.contiguous()) }, 0);
    const gaps = (tensor: Tensor) => torch.stack([tensor, tensor], -1).select(-1, 0);
    assertSame(randomLists(images, "float32", gaps), 0.1);
    const gapped = randomLists([[31, 5]], "float64");
    assertSame({ ...gapped, gradients: gapped.gradients.map(gaps) }, 0);
    const spread = randomLists([[31, 5]], "float64");
    assertSame({ ...spread, gradients: [random([1, 5], "float64").expand([31, 5])] }, 0);
    const one = randomLists([[31, 5]], "float32");
    const two = randomLists([[17]], "float64", gaps);
    assertSame(
      {
        parameters: [...one.parameters, ...two.parameters],
        gradients: [...one.gradients, ...two.gradients],
        firsts: [...one.firsts, ...two.firsts],
        seconds: [...one.seconds, ...two.seconds],
      },
      0,
    );
    assertSame(randomLists([[31, 5]], "bfloat16"), 0);
  }));

test("any number of threads makes the same bits", () =>
  scope(() => {
    manualSeed(13);
    const alone = randomLists([[70_001], [3], [0], [90_001], [5, 7]], "float32");
    const shared = copyOf(alone);
    inOnePass(alone, 0);
    try {
      setThreads(3);
      inOnePass(shared, 0);
    } finally {
      setThreads(1);
    }
    assert.deepEqual(numbersOf(shared), numbersOf(alone));
  }));

test("NaN and infinity go where the operators put them", () =>
  scope(() => {
    const lists = randomLists([[16]], "float32");
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, 1e38];
    for (const [i, value] of odd.entries()) lists.gradients[0]?.select(0, i).fill_(value);
    lists.seconds[0]?.select(0, 9).fill_(-1);
    assertSame(lists, 0);
  }));

test("moments below the smallest normal number become zero, which no parameter can tell, unless eps is as small", () =>
  scope(() => {
    const lists = randomLists([[32]], "float32");
    for (const list of [lists.gradients, lists.firsts, lists.seconds]) list[0]?.narrow(0, 0, 16).fill_(0);
    lists.firsts[0]?.narrow(0, 0, 8).fill_(1e-40);
    lists.seconds[0]?.narrow(0, 4, 8).fill_(1e-42);
    const [flushed, kept] = [copyOf(lists), copyOf(lists)];
    inOnePass(flushed, 0);
    byOperators(kept, 0);
    assert.deepEqual(flushed.parameters[0]?.toNumbers(), kept.parameters[0]?.toNumbers());
    for (const [i, value] of [flushed.firsts, flushed.seconds].entries()) {
      const expected = [kept.firsts, kept.seconds][i]?.[0]?.toNumbers() as number[];
      assert.ok(expected.some((each) => each !== 0 && Math.abs(each) < 2 ** -126));
      const rounded = expected.map((each) => (Math.abs(each) < 2 ** -126 ? 0 : each));
      if (process.arch === "x64") assert.deepEqual(value[0]?.toNumbers(), rounded);
    }
    assertSame(lists, 0, 1e-30);
  }));

test("autograd notices that parameters changed", () =>
  scope(() => {
    const lists = randomLists([[4]], "float32");
    const [parameter] = lists.parameters as [Tensor];
    parameter.requiresGrad_();
    assert.throws(() => inOnePass(lists, 0), TorchError);
    const loss = parameter.square().sum();
    noGrad(() => inOnePass(lists, 0));
    assert.throws(() => grad(loss, [parameter]), /modified by an inplace operation/);
  }));

test("lists and shapes that do not fit are refused", () =>
  scope(() => {
    const lists = randomLists([[4], [2]], "float32");
    assert.throws(
      () => inOnePass({ ...lists, gradients: lists.gradients.slice(1) }, 0),
      /lists of one length, got 2, 1, 2, 2/,
    );
    const [first, second] = lists.firsts as [Tensor, Tensor];
    assert.throws(
      () => inOnePass({ ...lists, firsts: [second, first] }, 0),
      /parameter 0 has the shape \[4\]/,
    );
  }));
