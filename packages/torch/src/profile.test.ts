import assert from "node:assert/strict";
import { test } from "node:test";
import { activeProfile, grad, Profile, scope, setThreads, TorchError, timed, torch } from "./index.js";
import { native } from "./native.js";
import * as runtime from "./runtime.js";

setThreads(1);

const work = () =>
  scope(() => {
    const x = torch.ones([4]).requiresGrad_();
    grad(x.mul(2).sum(null), [x]);
    return x.add(1).sum(null).item();
  });

test("a profile sees every operator by its name, backward passes and named spans, and takes nothing along when it ends", () => {
  const [call, backward] = [runtime.call, native.grad];
  const profile = new Profile();
  assert.throws(() => new Profile(), TorchError);
  profile.beginFrame();
  assert.equal(
    timed("phase", "step", () => timed("part", "sums", work)),
    8,
  );
  profile.endFrame();
  work();
  profile.stop();
  assert.equal(activeProfile(), undefined);
  assert.equal(runtime.call, call);
  assert.equal(native.grad, backward);
  work();

  const sums = new Map(profile.sums().map((sum) => [`${sum.kind} ${sum.name}`, sum]));
  for (const [name, count] of [
    ["phase step", 1],
    ["part sums", 1],
    ["operator backward", 1],
    ["operator read a number", 1],
    ["operator aten::mul.Scalar", 1],
    ["operator aten::sum.dim_IntList", 2],
  ] as const)
    assert.equal(sums.get(name)?.count, count, `${name} of ${[...sums.keys()].join(", ")}`);
  // What happens outside of frames is in the trace alone.
  const spans = [...profile.spans()];
  assert.equal(spans.filter(({ name }) => name === "backward").length, 2);
  assert.equal(profile.lost, 0);

  const iteration = spans.find(({ name }) => name === "iteration")!;
  const inside = spans.filter(({ start }) => start < iteration.start + iteration.duration);
  for (const { start, duration } of inside)
    assert.ok(start >= iteration.start && start + duration <= iteration.start + iteration.duration + 1);
  const { count, seconds } = profile.frames;
  assert.equal(count, 1);
  assert.ok(sums.get("phase step")!.seconds <= seconds);
  assert.ok(sums.get("part sums")!.seconds <= sums.get("phase step")!.seconds);

  profile.forgetSums();
  assert.deepEqual([profile.sums(), profile.frames.count], [[], 0]);
});

test("an error and a promise end their spans, and without a profile nothing is measured", async () => {
  assert.equal(
    timed("part", "nothing", () => 7),
    7,
  );
  const profile = new Profile();
  try {
    assert.throws(() => timed("part", "fails", () => assert.fail()));
    assert.throws(() => torch.ones([2]).matmul(torch.ones([3])), TorchError);
    await timed("data", "waits", async () => {});
    await assert.rejects(timed("data", "is refused", () => Promise.reject(new Error("no"))));
  } finally {
    profile.stop();
  }
  const names = [...profile.spans()].map(({ name }) => name);
  for (const name of ["fails", "aten::matmul", "waits", "is refused"])
    assert.ok(names.includes(name), `${name} of ${names.join(", ")}`);
});
