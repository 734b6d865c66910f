import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  defaultGenerator,
  manualSeed,
  RandomGenerator,
  scope,
  setThreads,
  TorchError,
  torch,
} from "./index.js";

setThreads(1);

const draw = (generator?: RandomGenerator) => scope(() => torch.randn([5], { generator }).toNumbers());

test("a generator's state, saved and put back, continues exactly there", () => {
  const generator = new RandomGenerator(7);
  draw(generator);
  const state = generator.getState();
  const next = [draw(generator), draw(generator)];
  generator.setState(state);
  assert.deepEqual([draw(generator), draw(generator)], next);
  assert.deepEqual(
    [draw(new RandomGenerator(1).setState(state)), draw(new RandomGenerator(2).setState(state))],
    [next[0], next[0]],
  );
});

test("an odd number of normal numbers leaves no half behind: the cached one is part of the state", () => {
  const generator = new RandomGenerator(3);
  scope(() => torch.zeros([1], { dtype: "float64" }).normal_(0, 1, { generator }));
  const state = generator.getState();
  const next = draw(generator);
  assert.deepEqual(draw(generator.setState(state)), next);
});

test("generators are independent of each other and of the default one", () => {
  const [a, b] = [new RandomGenerator(1), new RandomGenerator(1)];
  const first = draw(a);
  draw();
  assert.deepEqual(draw(b), first);
  assert.notDeepEqual(draw(a), first);
  assert.notDeepEqual(draw(new RandomGenerator(2)), first);
});

test("manualSeed seeds the default generator, and a generator itself", () => {
  manualSeed(11);
  const first = draw();
  manualSeed(11);
  assert.deepEqual(draw(), first);
  assert.deepEqual(draw(new RandomGenerator(99).manualSeed(11)), first);
  const state = defaultGenerator().getState();
  const next = draw();
  defaultGenerator().setState(state);
  assert.deepEqual(draw(), next);
});

test("every operator that takes a generator uses it", () => {
  const twice = (make: (generator: RandomGenerator) => number[]) =>
    assert.deepEqual(make(new RandomGenerator(4)), make(new RandomGenerator(4)));
  scope(() => {
    twice((generator) => torch.rand([4], { generator }).toNumbers());
    twice((generator) => torch.randint(0, 1000, [4], { generator }).toNumbers());
    twice((generator) => torch.randperm(50, { generator }).toNumbers());
    twice((generator) => torch.zeros([4]).uniform_(0, 1, { generator }).toNumbers());
    twice((generator) => torch.zeros([4]).bernoulli_(0.5, { generator }).toNumbers());
    twice((generator) => torch.ones([2, 9]).multinomial(3, false, { generator }).toNumbers());
  });
});

test("a state that is none is refused, and leaves the generator as it was", () => {
  const generator = new RandomGenerator(5);
  const state = generator.getState();
  assert.throws(() => generator.setState(new Uint8Array(3)), TorchError);
  assert.throws(() => generator.setState(new Uint8Array(state.length)), TorchError);
  for (const none of [new Float64Array(state.buffer), state.buffer, 1])
    assert.throws(() => generator.setState(none as unknown as Uint8Array), /must be a Uint8Array/);
  assert.deepEqual(generator.getState(), state);
  for (const seed of [0.5, Number.NaN, 2 ** 64]) assert.throws(() => generator.manualSeed(seed), TorchError);
});

test("the same seed gives the same bits in every process", () => {
  const script = `
    import { manualSeed, setThreads, torch } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
    setThreads(1);
    manualSeed(123);
    const x = torch.randn([64, 32]);
    const y = torch.linear(x, torch.randn([16, 32])).tanh().matmul(torch.rand([16, 4])).softmax(1);
    console.log(Buffer.from(y.toTypedArray().buffer).toString("hex"));
  `;
  const outputs = [0, 1].map(() => {
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      encoding: "utf8",
    });
    assert.equal(child.status, 0, child.stderr);
    return child.stdout;
  });
  assert.equal(outputs[0], outputs[1]);
  assert.equal(outputs[0]?.trim().length, 64 * 4 * 4 * 2);
});
