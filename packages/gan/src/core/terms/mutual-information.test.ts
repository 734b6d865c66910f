import assert from "node:assert/strict";
import { test } from "node:test";
import { type nn, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { images, points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import {
  checkLossGradient,
  checkOnlyJudgeMovesHead,
  TinyGame,
  type TinyOptions,
} from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import type { Discriminator } from "../nets/contract.js";
import type { Code } from "../nets/prior.js";
import { codeLosses } from "./mutual-information.js";

setThreads(1);

const OPTIONS = { categorical: [3, 2], continuous: 2, units: 5 };
/** Behind the four numbers of noise that the tests' networks take. */
const CODES: readonly Code[] = [
  { kind: "categorical", from: 4, length: 3 },
  { kind: "categorical", from: 7, length: 2 },
  { kind: "continuous", from: 9, length: 1 },
  { kind: "continuous", from: 10, length: 1 },
];

const gameOf = (options: JsonObject = {}, terms: JsonObject = {}, over: Partial<TinyOptions> = {}) =>
  TinyGame.create({
    ...images,
    terms: { "non-saturating": { weight: 0 }, "mutual-information": { ...OPTIONS, ...options }, ...terms },
    ...over,
  });

const headOf = (tiny: TinyGame) =>
  tiny.game.network<Discriminator>("discriminator").head<nn.Sequential>("mutual-information");

/** Each code's -mean log Q(c | x), number by number, from what Q makes of what D saw. */
function written(tiny: TinyGame, updating: string): number[] {
  return tiny.undisturbed(() => {
    const play = tiny.play([updating]);
    play.judgeBoth("discriminator", ["real", "fake"]);
    const { sample, features } = play.lookAt("discriminator", "fake");
    const latent = sample.latent as Tensor;
    assert.deepEqual(latent.shape, [4, 11]);
    const rows = (tensor: Tensor, width: number) => {
      const flat = tensor.toNumbers();
      return Array.from({ length: 4 }, (_, n) => flat.slice(n * width, (n + 1) * width));
    };
    const outputs = rows(headOf(tiny).forward(features.global), 7);
    return CODES.map(({ kind, from, length }) => {
      const losses = rows(latent, 11).map((row, n) => {
        const code = row.slice(from, from + length);
        const found = (outputs[n] as number[]).slice(from - 4, from - 4 + length);
        // The Gaussian of deviation 1, without its constant.
        if (kind === "continuous") return 0.5 * (code[0]! - found[0]!) ** 2;
        const sum = found.map(Math.exp).reduce((a, b) => a + b);
        return -Math.log(Math.exp(found[code.indexOf(1)]!) / sum);
      });
      return losses.reduce((a, b) => a + b, 0) / 4;
    });
  });
}

const termIn = (tiny: TinyGame, player: string): number =>
  tiny.undisturbed(() => {
    const play = tiny.play([player]);
    play.judgeBoth("discriminator", ["real", "fake"]);
    const loss = tiny.game.terms.get("mutual-information")?.loss?.(player, play);
    return [loss].flat().reduce((sum, part) => sum + (part as Tensor).item(), 0);
  });

test("D and G minimise the codes' surprise, each kind with its weight, on fakes alone", async () => {
  using tiny = await gameOf({ weight: 0.3, continuousWeight: 0.7 });
  tiny.iterate(2);
  for (const player of ["discriminator", "generator"]) {
    const [a, b, c, d] = written(tiny, player) as [number, number, number, number];
    assertClose([termIn(tiny, player)], [0.3 * (a + b) + 0.7 * (c + d)], 1e-12, player);
  }
  const before = termIn(tiny, "discriminator");
  scope(() => tiny.real.image.fill_(0.5));
  assert.equal(termIn(tiny, "discriminator"), before, "reals have no codes");
});

test("a Q that knows the code is surprised by nothing, one that knows nothing by the entropy", () => {
  scope(() => {
    const latent = torch.tensor(Float64Array.of(0, 1, 0, 0.5, 1, 0, 0, -0.5), { shape: [2, 4] });
    const codes: Code[] = [
      { kind: "categorical", from: 0, length: 3 },
      { kind: "continuous", from: 3, length: 1 },
    ];
    const values = (output: Tensor) => codeLosses(output, latent, codes).map((loss) => loss.item());
    const sure = torch.tensor(Float64Array.of(0, 50, 0, 0.5, 50, 0, 0, -0.5), { shape: [2, 4] });
    assertClose(values(sure), [0, 0], 1e-12, "sure");
    const blank = torch.zeros([2, 4], { dtype: "float64" });
    assertClose(values(blank), [Math.log(3), 0.125], 1e-12, "blank");
  });
});

test("gradients of D and G match finite differences", async () => {
  using tiny = await gameOf({ weight: 0.3, continuousWeight: 0.7 });
  tiny.iterate(2);
  for (const player of ["discriminator", "generator"])
    checkLossGradient(tiny, [player], { perParameter: 1, step: 1e-6, tolerance: 1e-5 });
});

test("only D moves Q, and G learns from it", async () => {
  using tiny = await gameOf();
  checkOnlyJudgeMovesHead(tiny, "mutual-information");
});

test("played together, D and G make points that tell of their codes", async () => {
  using tiny = await gameOf(
    { categorical: [3], continuous: 0 },
    {},
    {
      ...points,
      dtype: "float32",
      batch: 32,
      optimizers: { default: { kind: "adam", learningRate: 1e-2 } },
    },
  );
  const surprise = () => termIn(tiny, "generator");
  const first = surprise();
  tiny.iterate(150);
  assert.ok(first > 0.8 && surprise() < 0.5 * first, `${first}, then ${surprise()}`);
});

test("what makes no sense is refused, in either order", async () => {
  const refused = async (reason: RegExp, terms: JsonObject, over: Partial<TinyOptions> = {}) => {
    for (const backwards of [false, true]) {
      const entries = Object.entries({ "mutual-information": OPTIONS, "non-saturating": {}, ...terms });
      const listed = Object.fromEntries(backwards ? entries.reverse() : entries);
      await assert.rejects(
        TinyGame.create({ ...images, terms: listed, ...over }),
        (error) => error instanceof UsageError && reason.test(error.message),
      );
    }
  };
  await refused(/Q would read the codes off it/, { ali: {} });
  await refused(/a pack of images has the codes of each/, { packing: {} });
  await refused(/no intervention that leaves a prior with codes/, { intervention: { k: 5 } });
  await refused(/judge latents/, { aae: {} });
  await refused(/latents have codes already/, { another: { term: "mutual-information" } });
  await refused(/there is no code to tell of/, { "mutual-information": { categorical: [], continuous: 0 } });
  await refused(/needs 2 images or more/, {}, { batch: 1 });
});
