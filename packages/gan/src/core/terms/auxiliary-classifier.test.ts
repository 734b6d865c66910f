import assert from "node:assert/strict";
import { test } from "node:test";
import { type nn, scope, setThreads, type Tensor } from "@gantry/torch";
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

setThreads(1);

const labelled: Pick<TinyOptions, "net" | "data" | "conditional"> = {
  net: { family: "resnet", channels: 2, prior: { size: 3 } },
  data: { kind: "images", shape: [3, 32, 32], classes: 3 },
  conditional: true,
};

const gameOf = (options: JsonObject, over: Partial<TinyOptions> = {}) =>
  TinyGame.create({
    ...labelled,
    terms: { "non-saturating": { weight: 0 }, "auxiliary-classifier": options },
    ...over,
  });

/** -mean log of the softmax's share for each label, number by number; logits as the head gives them on what D saw. */
function written(tiny: TinyGame, stream: string, updating: string): number {
  return tiny.undisturbed(() => {
    const play = tiny.play([updating]);
    play.judgeBoth("discriminator", ["real", "fake"]);
    const { sample, features } = play.lookAt("discriminator", stream);
    const head = play.discriminator().head<nn.Linear>("auxiliary-classifier");
    const logits = head.forward(features.global).toNumbers();
    const labels = sample.label!.toNumbers();
    const losses = labels.map((label, n) => {
      const row = logits.slice(3 * n, 3 * n + 3).map(Math.exp);
      return -Math.log((row[label] as number) / row.reduce((a, b) => a + b, 0));
    });
    return losses.reduce((a, b) => a + b, 0) / losses.length;
  });
}

const termIn = (tiny: TinyGame, player: string): number =>
  tiny.undisturbed(() => {
    const play = tiny.play([player]);
    play.judgeBoth("discriminator", ["real", "fake"]);
    const loss = tiny.game.terms.get("auxiliary-classifier")?.loss?.(player, play);
    return [loss].flat().reduce((sum, part) => sum + (part as Tensor).item(), 0);
  });

test("D's cross-entropy is that of reals and fakes, or of reals alone, G's that of fakes", async () => {
  for (const learnsFrom of ["both", "real"]) {
    using tiny = await gameOf({ alpha: 0.3, beta: 0.7, learnsFrom });
    // Singular vectors that fit their weights, and stay as they are from pass to pass.
    tiny.iterate(2);
    tiny.freezeSingularVectors();
    const [real, fake] = [written(tiny, "real", "discriminator"), written(tiny, "fake", "discriminator")];
    assert.ok(Math.abs(real - fake) > 1e-6);
    const expected = 0.7 * (learnsFrom === "both" ? real + fake : real);
    assertClose([termIn(tiny, "discriminator")], [expected], 1e-12, learnsFrom);
    assertClose([termIn(tiny, "generator")], [0.3 * written(tiny, "fake", "generator")], 1e-12, "G");
  }
});

test("gradients of D and G match finite differences", async () => {
  using tiny = await gameOf({ alpha: 0.3, beta: 0.7 });
  tiny.iterate(2);
  tiny.freezeSingularVectors();
  for (const player of ["discriminator", "generator"])
    checkLossGradient(tiny, [player], { perParameter: 1, step: 1e-7, tolerance: 1e-5 });
});

test("D is given no labels: it has no projection, and judges the same image alike whatever it is called", async () => {
  using tiny = await gameOf({});
  const network = tiny.game.network<Discriminator>("discriminator");
  const names = network.namedParameters().map(([name]) => name);
  assert.ok(names.includes("heads.auxiliary-classifier.weight_orig"), "with D's spectral norm");
  assert.ok(!names.some((name) => name.startsWith("embedding")));
  using projecting = await gameOf({ alpha: 0, beta: 0 });
  const others = projecting.game.network<Discriminator>("discriminator").namedParameters();
  assert.ok(others.some(([name]) => name.startsWith("embedding")));
  assert.ok(!others.some(([name]) => name.startsWith("heads")));
});

test("only D moves the head, and G learns from it", async () => {
  using tiny = await gameOf({});
  checkOnlyJudgeMovesHead(tiny, "auxiliary-classifier");
});

test("told apart by a head alone, classes of one colour each are named rightly after some steps of D", async () => {
  using tiny = await gameOf({ learnsFrom: "real" }, { dtype: "float32", batch: 6 });
  scope(() => {
    for (const [n, label] of tiny.real.label!.toNumbers().entries())
      tiny.real.image.select(0, n).fill_(label - 1);
  });
  const first = written(tiny, "real", "discriminator");
  for (let i = 0; i < 40; i++) tiny.step("discriminator");
  assert.ok(written(tiny, "real", "discriminator") < 0.5 * first);
});

test("a generator that takes no labels is refused", async () => {
  const refused = (over: Partial<TinyOptions>) =>
    assert.rejects(
      gameOf({}, over),
      (error) => error instanceof UsageError && /set conditional=true/.test(error.message),
    );
  await refused({ conditional: false });
  await refused({
    net: { family: "dcgan", channels: 1 },
    data: { kind: "images", shape: [1, 28, 28], classes: 3 },
    conditional: false,
  });
});

test("one image has a class too: a batch of one is enough", async () => {
  using tiny = await gameOf({}, { batch: 1 });
  assert.ok(Number.isFinite(termIn(tiny, "discriminator")));
});
