import assert from "node:assert/strict";
import { test } from "node:test";
import { type nn, scope, setThreads, torch } from "@gantry/torch";
import { images, numbers } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, checkOnlyJudgeMovesHead, TinyGame } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import { multiHinge } from "./parts/multiHinge.js";

setThreads(1);

const labelled = { ...images, data: { ...images.data, classes: 3 }, conditional: true };
const fakeClass = {
  "multi-hinge": { variant: "fake-class", alpha: 0.05 },
  "feature-matching": { distance: "absolute" },
};

/** Written out, class by class. */
function byHand(rows: readonly (readonly number[])[], labels: readonly number[]): number {
  const each = rows.map((row, i) => {
    const own = labels[i] as number;
    const best = Math.max(...row.filter((_, j) => j !== own));
    return Math.max(0, 1 + best - (row[own] as number));
  });
  return each.reduce((a, b) => a + b) / each.length;
}

test("the hinge is of the best other class, 0 beyond a margin of 1", () =>
  scope(() => {
    const rows = [
      [2, 0.5, -1],
      [2, 1.5, -1],
      [-3, -2, -2.5],
      [0, 0, 0],
    ];
    const labels = [0, 0, 2, 1];
    const found = multiHinge(numbers(rows.flat(), [4, 3]), torch.tensor(labels, { dtype: "int64" }));
    assertClose([found.item()], [byHand(rows, labels)], 1e-14, "hinge");
    assertClose([found.item()], [(0 + 0.5 + 1.5 + 1) / 4], 1e-14, "by head");
  }));

/** Scores of the head on a stream, and the labels there. */
function scored(tiny: TinyGame, stream: string): [rows: number[][], labels: number[]] {
  return tiny.undisturbed(() => {
    const { features, sample } = tiny.play([]).judge("discriminator", stream);
    const head = tiny.play([]).discriminator().head<nn.Linear>("multi-hinge");
    const scores = head.forward(features.global);
    const width = scores.size(1);
    const flat = scores.toNumbers();
    const rows = Array.from({ length: scores.size(0) }, (_, i) => flat.slice(i * width, (i + 1) * width));
    return [rows, sample.label!.toNumbers()];
  });
}

for (const [variant, terms] of [
  ["beside", { hinge: {}, "multi-hinge": {} }],
  ["fake-class", fakeClass],
] as const)
  test(`${variant}: what D and G minimise, and gradients by finite differences`, async () => {
    using tiny = await TinyGame.create({ ...labelled, terms });
    const [real, realLabels] = scored(tiny, "real");
    const [fake, fakeLabels] = scored(tiny, "fake");
    assert.equal(real[0]!.length, variant === "beside" ? 3 : 4);
    const told = variant === "beside" ? fakeLabels : fakeLabels.map(() => 3);
    const alpha = variant === "beside" ? 0.1 : 0.05;
    const lossOf = (player: string) =>
      tiny.undisturbed(() =>
        tiny.game
          .losses([player], tiny.play([player]))
          .byTerm.get(`${player}/multi-hinge`)!
          .item(),
      );
    assertClose(
      [lossOf("discriminator"), lossOf("generator")],
      [byHand(real, realLabels) + byHand(fake, told), alpha * byHand(fake, fakeLabels)],
      1e-12,
      "losses",
    );
    const options = { step: 1e-7, tolerance: 1e-5 };
    checkLossGradient(tiny, ["discriminator"], options);
    checkLossGradient(tiny, ["generator"], options);
  });

test("the head is D's", async () => {
  using tiny = await TinyGame.create({ ...labelled, terms: { hinge: {}, "multi-hinge": {} } });
  checkOnlyJudgeMovesHead(tiny, "multi-hinge");
});

test("of the fake class alone D's own score has no say, and no labels go in", async () => {
  using tiny = await TinyGame.create({ ...labelled, terms: fakeClass });
  const last = () =>
    tiny.game
      .network("discriminator")
      .namedParameters()
      .filter(([name]) => name.startsWith("last."))
      .flatMap(([, parameter]) => parameter.toNumbers());
  const before = last();
  tiny.step("discriminator");
  assert.deepEqual(last(), before);
  const first = tiny.game.network("discriminator").stateDict().get("blocks.0.0.weight");
  assert.equal(first?.shape[1], 1, "one colour and no map of a class");
});

test("without classes it is refused", async () => {
  await assert.rejects(
    TinyGame.create({ ...images, terms: { hinge: {}, "multi-hinge": {} } }),
    (error) => error instanceof UsageError && /set conditional=true/.test(error.message),
  );
});
