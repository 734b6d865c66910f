import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, scope, setThreads, torch } from "@gantry/torch";
import { images } from "../../testing/filledGame.js";
import { assertClose, patternTensor } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import { offDiagonal } from "./orthogonal-regularization.js";

setThreads(1);

const gameOf = (options: object, over: Partial<TinyOptions> = {}) =>
  TinyGame.create({
    ...images,
    terms: { "non-saturating": { weight: 0 }, "orthogonal-regularization": { ...options } },
    ...over,
  });

/** Sum of the squared inner products of different rows, pair by pair. */
function written(values: readonly number[], rows: number): number {
  const width = values.length / rows;
  let sum = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) {
      if (i === j) continue;
      let product = 0;
      for (let k = 0; k < width; k++) product += values[i * width + k]! * values[j * width + k]!;
      sum += product ** 2;
    }
  return sum;
}

/** in, out, k, k to out, in, k, k. */
function outputsFirst(
  values: readonly number[],
  [inputs = 0, outputs = 0, ...kernel]: readonly number[],
): number[] {
  const size = kernel.reduce((a, b) => a * b, 1);
  return Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: inputs }, (_, i) =>
      values.slice((i * outputs + o) * size, (i * outputs + o + 1) * size),
    ),
  ).flat(2);
}

test("the norm is that of all pairs of rows, for wide and for tall weights", () => {
  for (const shape of [
    [3, 7],
    [7, 3],
    [4, 2, 3, 3],
    [20, 2, 1, 1],
  ])
    scope(() => {
      const weight = patternTensor("weight", shape, 2);
      assertClose([offDiagonal(weight).item()], [written(weight.toNumbers(), shape[0]!)], 1e-12, `${shape}`);
    });
});

test("its gradient is twice what BigGAN-PyTorch adds, 2 (W W^T o (1 - I)) W", () =>
  scope(() => {
    for (const shape of [
      [3, 5],
      [6, 2],
    ] as const) {
      const weight = patternTensor("weight", shape, 2).requiresGrad_();
      const [found] = grad(offDiagonal(weight), [weight]);
      const plain = weight.detach();
      const apart = torch
        .ones([shape[0], shape[0]], { dtype: "float64" })
        .sub(torch.eye(shape[0], { dtype: "float64" }));
      const added = plain.matmul(plain.t()).mul(apart).matmul(plain).mul(2);
      assertClose(found!.toNumbers(), added.mul(2).toNumbers(), 1e-12, `${shape}`);
    }
  }));

test("rows that are orthogonal, of whatever lengths, cost nothing", () =>
  scope(() => {
    const weight = torch.tensor(Float64Array.of(2, 0, 0, 0, 5, 0), { shape: [2, 3] });
    assert.equal(offDiagonal(weight).item(), 0);
  }));

test("the player's loss is the sum over its weights, and its gradient matches finite differences", async () => {
  for (const player of ["generator", "discriminator"]) {
    using tiny = await gameOf({ weight: 0.5, player });
    const weights = tiny.game
      .network(player)
      .parameters()
      .filter(({ dim }) => dim > 1);
    const expected = weights.reduce((sum, weight) => {
      const { shape } = weight;
      // DCGAN's G has transposed convolutions alone, whose weights are stored inputs first.
      const values = player === "generator" ? outputsFirst(weight.toNumbers(), shape) : weight.toNumbers();
      return sum + 0.5 * written(values, shape[player === "generator" ? 1 : 0]!);
    }, 0);
    tiny.phase = player;
    const with0 = await gameOf({ weight: 0, player });
    with0.phase = player;
    assertClose([tiny.lossOf([player]) - with0.lossOf([player])], [expected], 1e-10, player);
    with0[Symbol.dispose]();
    checkLossGradient(tiny, [player], { perParameter: 1, step: 1e-6, tolerance: 1e-5 });
  }
});

test("tables of classes are left alone, and a player that there is not is refused", async () => {
  using tiny = await gameOf(
    { weight: 1 },
    {
      net: { family: "biggan", channels: 1, prior: { size: 8 }, sharedSize: 3, hierarchical: true },
      data: { kind: "images", shape: [3, 32, 32], classes: 3 },
      conditional: true,
    },
  );
  const generator = tiny.game.network("generator");
  const shared = generator.namedParameters().find(([name]) => name === "shared.weight")?.[1];
  const before = shared!.toNumbers();
  const others = tiny.weights("generator");
  // The adversarial loss weighs nothing: what moves is moved by the regularization.
  tiny.step("generator");
  assert.deepEqual(shared!.toNumbers(), before);
  assert.notDeepEqual(tiny.weights("generator"), others);
  await assert.rejects(
    gameOf({ player: "encoder" }),
    (error) => error instanceof UsageError && /no player 'encoder'/.test(error.message),
  );
});

test("equalized weights are taken as they are used", async () => {
  using tiny = await gameOf(
    { weight: 1 },
    {
      net: { family: "stylegan", channels: 4, styleSize: 8, mappingLayers: 1, prior: { size: 8 } },
      data: { kind: "images", shape: [1, 8, 8], classes: undefined },
    },
  );
  tiny.phase = "generator";
  // Stored with a deviation of 100, the mapping layer's 8 rows alone would come to some 8 * 7 * 8 * 100^4.
  assert.ok(tiny.lossOf(["generator"]) < 1e4);
});
