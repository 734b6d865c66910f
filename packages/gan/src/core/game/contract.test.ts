import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, liveTensors, type nn, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { adHocGame, fixedLatents, parametersOf, points, stepOptions } from "../../testing/adHocGame.js";
import { assertClose } from "../../testing/networks.js";
import { RunError } from "../base/errors.js";
import type { Sample } from "../nets/sample.js";
import { oncePerPlay } from "../terms/parts/adversarial.js";
import { planReconstruction } from "../terms/parts/reconstruction.js";
import type { Game } from "./game.js";
import { type Phase, Play } from "./play.js";
import type { Term } from "./term.js";

setThreads(1);

const real = points();
const options = (over = {}) => stepOptions(() => ({ image: real }), over);
const playOf = (game: Game, ...updating: string[]) =>
  new Play(game, { ...options(), updating: new Set(updating) });

/**
 * One step of a phase of the game, or of one made up here.
 * @returns the players whose parameters moved
 */
function moved(game: Game, phase: string | Phase["update"]): string[] {
  const before = parametersOf(game);
  const found: Phase | undefined = Array.isArray(phase)
    ? { name: "test", update: phase, steps: 1, real: "fresh" }
    : game.phases.find(({ name }) => name === phase);
  assert.ok(found !== undefined);
  scope(() => game.step(found, options()));
  const after = parametersOf(game);
  return Object.keys(after).filter((name) => after[name]?.some((value, i) => value !== before[name]?.[i]));
}

/** Every discriminator tells two streams apart by their mean scores; the makers of the second want the opposite. */
const versus = (discriminator: string, good: string, bad: string): Term => ({
  loss(player, play) {
    const gap = () =>
      play.judge(discriminator, bad).logits.mean().sub(play.judge(discriminator, good).logits.mean());
    if (player === discriminator) return gap();
    return play.game.stream(bad).dependsOn.includes(player) ? gap().neg() : undefined;
  },
});

test("two discriminators, each in its phase, with an encoder in a team", async () => {
  const game = await adHocGame({
    second: {
      plan(plan) {
        planReconstruction(plan);
        plan.addDiscriminator("second");
        plan.phases.unshift({ name: "second", update: ["second"], steps: 1, real: "fresh" });
      },
    },
    manifold: versus("second", "real", "reconstruction"),
    diffusion: versus("discriminator", "reconstruction", "fake"),
  });
  assert.deepEqual(
    game.phases.map(({ name, update }) => [name, update]),
    [
      ["second", ["second"]],
      ["discriminator", ["discriminator"]],
      ["generator", [["generator", "encoder"]]],
    ],
  );
  assert.deepEqual(moved(game, "second"), ["second"]);
  assert.deepEqual(moved(game, "discriminator"), ["discriminator"]);
  assert.deepEqual(moved(game, "generator"), ["generator", "encoder"]);
  assert.deepEqual(moved(game, [["discriminator", "second"]]), ["discriminator", "second"]);
});

test("a player whose losses do not exist in a phase stands still", async () => {
  const game = await adHocGame({
    only: versus("discriminator", "real", "fake"),
    streams: { plan: planReconstruction },
  });
  assert.deepEqual(moved(game, "generator"), ["generator"], "nothing depends on the encoder");
  assert.deepEqual(moved(game, ["encoder"]), []);
});

test("a view stands before a discriminator, the same for every stream it judges, and tells its shape", async () => {
  const seen: number[][] = [];
  const game = await adHocGame({
    pairs: {
      plan(plan) {
        plan.addView("discriminator", {
          shape: ([width = 0]) => [2 * width],
          apply({ image }): Sample {
            const [a, b] = image.chunk(2, 0) as [Tensor, Tensor];
            return { image: torch.cat([a, b], 1) };
          },
        });
        plan.addView("discriminator", {
          apply(sample) {
            seen.push([...sample.image.shape]);
            return sample;
          },
        });
      },
    },
    game: versus("discriminator", "real", "fake"),
  });
  const network = game.network<nn.Module & { inputShape: readonly number[] }>("discriminator");
  assert.deepEqual(network.inputShape, [4]);
  scope(() => {
    const play = playOf(game, "discriminator");
    const judgement = play.judge("discriminator", "real");
    assert.deepEqual(judgement.logits.shape, [3]);
    assert.deepEqual(judgement.sample.image.shape, [3, 4]);
    const [first] = judgement.sample.image.toNumbers();
    assert.equal(first, real.toNumbers()[0]);
  });
  seen.length = 0;
  assert.deepEqual(moved(game, "discriminator"), ["discriminator"]);
  assert.deepEqual(seen, [
    [3, 4],
    [3, 4],
  ]);
  assert.deepEqual(moved(game, "generator"), ["generator"]);
});

test("a stream is sampled once a step, however often it is asked for, and anew in the next", async () => {
  const drawn: Tensor[] = [];
  const game = await adHocGame({
    counted: {
      plan(plan) {
        plan.streams.set("noise", {
          dependsOn: [],
          sample(play) {
            const image = torch.rand([6, 2], { generator: play.random, dtype: "float64" });
            drawn.push(image);
            return { image };
          },
        });
      },
      loss: (player, play) =>
        player === "discriminator"
          ? play.stream("noise").image.mean().add(play.judge(player, "noise").logits.mean())
          : undefined,
    },
    again: versus("discriminator", "noise", "fake"),
  });
  moved(game, "discriminator");
  assert.equal(drawn.length, 1);
  moved(game, "discriminator");
  assert.equal(drawn.length, 2);
  scope(() => {
    const play = playOf(game, "generator");
    assert.equal(play.stream("fake"), play.stream("fake"));
    assert.equal(play.judge("discriminator", "fake"), play.judge("discriminator", "fake"));
    const anew = play.rejudge();
    assert.equal(anew.stream("fake"), play.stream("fake"));
    assert.notEqual(anew.judge("discriminator", "fake"), play.judge("discriminator", "fake"));
  });
});

test("no graph is recorded through players that stand still", async () => {
  const game = await adHocGame({ streams: { plan: planReconstruction } });
  scope(() => {
    const still = playOf(game, "discriminator");
    assert.equal(still.stream("fake").image.requiresGrad, false);
    assert.equal(still.stream("reconstruction").image.requiresGrad, false);
    assert.equal(still.encode("real").latent.requiresGrad, false);
    const going = playOf(game, "generator");
    assert.equal(going.stream("fake").image.requiresGrad, true);
    assert.equal(going.stream("reconstruction").image.requiresGrad, true);
    assert.equal(going.encode("real").latent.requiresGrad, false, "the encoder stands still");
    assert.equal(playOf(game, "encoder").encode("real").latent.requiresGrad, true);
    assert.equal(playOf(game, "encoder").stream("fake").image.requiresGrad, false);
  });
});

/** Weights after one generator-and-encoder step, by how the two update. */
async function together(update: Phase["update"], crossing: boolean): Promise<Record<string, number[]>> {
  const latent = points(6, 21);
  const shared = oncePerPlay((play) => play.stream("reconstruction").image.sub(real).square().mean());
  const game = await adHocGame({
    streams: { plan: planReconstruction },
    latents: fixedLatents(() => latent),
    shared: { loss: (player, play) => (player === "discriminator" ? undefined : shared(play)) },
    // What only the encoder minimises: of itself alone, or of the generator too.
    own: {
      loss(player, play) {
        if (player !== "encoder") return undefined;
        if (!crossing) return play.encode("real").latent.square().mean();
        return play.encode("fake").latent.square().mean();
      },
    },
    generators: versus("discriminator", "real", "fake"),
  });
  scope(() => game.step({ name: "test", update, steps: 1, real: "fresh" }, options()));
  return parametersOf(game);
}

test("a team is one backward pass of the sum; right where private losses do not cross", async () => {
  const flat = (weights: Record<string, number[]>) => Object.values(weights).flat();
  const apart = flat(await together(["generator", "encoder"], false));
  assert.deepEqual(
    flat(await together(["encoder", "generator"], false)),
    apart,
    "players of one phase all look at the weights before it",
  );
  assertClose(flat(await together([["generator", "encoder"]], false)), apart, 1e-14, "a team");
  const crossed = flat(await together(["generator", "encoder"], true));
  const team = flat(await together([["generator", "encoder"]], true));
  assert.ok(team.some((value, i) => Math.abs(value - (crossed[i] as number)) > 1e-6));
});

test("an update is the optimizer's rule on the gradient of the loss, and only of the player's own", async () => {
  const game = await adHocGame({ game: versus("discriminator", "real", "fake") });
  const parameters = game.network("discriminator").parameters();
  const expected = scope(() => {
    const play = playOf(game, "discriminator");
    const [gap] = game.losses(["discriminator"], play).wholes as [Tensor];
    return grad(gap, parameters).flatMap((gradient, i) =>
      (parameters[i] as Tensor).sub(gradient.mul(0.1)).toNumbers(),
    );
  });
  assert.deepEqual(moved(game, "discriminator"), ["discriminator"]);
  assertClose(parametersOf(game).discriminator as number[], expected, 1e-14, "weights");
});

test("a loss that is not finite stops the step before anything moves, naming iteration and term", async () => {
  for (const [value, shown] of [
    [Number.NaN, "NaN"],
    [-1, "-Infinity"],
  ] as const) {
    const game = await adHocGame({
      good: versus("discriminator", "real", "fake"),
      bad: {
        loss(player, play) {
          if (player !== "discriminator" || play.iteration < 7) return undefined;
          return play
            .judge("discriminator", "real")
            .logits.mean()
            .mul(value === -1 ? -Infinity : value)
            .abs()
            .neg();
        },
      },
    });
    assert.deepEqual(moved(game, "discriminator"), ["discriminator"]);
    const before = parametersOf(game);
    assert.throws(
      () => game.step(game.phases[0] as Phase, options({ iteration: 7 })),
      (error: Error) =>
        error instanceof RunError &&
        error.message.startsWith(
          `iteration 8: the term 'bad' of the discriminator is ${shown}: the training has diverged`,
        ),
    );
    assert.deepEqual(parametersOf(game), before);
  }
});

test("reports are kept on logged steps only, and losses go by player and term", async () => {
  const term: Term = {
    loss(player, play) {
      play.report("x/number", 3);
      play.report("x/tensor", play.judge("discriminator", "real").logits.mean());
      return versus("discriminator", "real", "fake").loss?.(player, play);
    },
  };
  const game = await adHocGame({ one: term, two: versus("discriminator", "fake", "real") });
  scope(() => {
    const quiet = game.step(game.phases[0] as Phase, options({ logging: false }));
    assert.deepEqual([...quiet.play.scalars.keys()], []);
    const { play, losses } = game.step(game.phases[0] as Phase, options());
    assert.deepEqual([...play.scalars.keys()], ["x/number", "x/tensor"]);
    assert.deepEqual([...losses.keys()], ["discriminator/one", "discriminator/two"]);
    assert.ok([...losses.values()].every((loss) => !loss.requiresGrad));
  });
});

test("live tensors stay as many, step after step", async () => {
  const game = await adHocGame(
    {
      streams: { plan: planReconstruction },
      game: versus("discriminator", "real", "fake"),
      more: versus("discriminator", "real", "reconstruction"),
    },
    { optimizers: { default: { kind: "adam" } } },
  );
  const turn = () => {
    for (const phase of game.phases)
      scope(() => {
        // Nothing is returned: what a scope returns lives on.
        game.step(phase, options());
      });
    return liveTensors();
  };
  const first = turn();
  for (let i = 0; i < 20; i++) assert.deepEqual(turn(), first);
});

test("samples shared with the next step: made once, the judge's gradients stay out, the maker's are right", async () => {
  const latent = points(6, 21);
  let made = 0;
  const build = () =>
    adHocGame({
      latents: {
        plan(plan) {
          plan.streams.set("fake", {
            dependsOn: ["generator"],
            sample(play) {
              made++;
              return { image: play.generator().forward(latent) };
            },
          });
        },
      },
      game: versus("discriminator", "real", "fake"),
    });
  const apart = await build();
  for (const phase of apart.phases) apart.step(phase, options());
  assert.equal(made, 2);
  made = 0;
  const shared = await build();
  const [judging, making] = shared.phases as [Phase, Phase];
  scope(() => {
    const ahead = new Set(making.update.flat());
    const { play } = shared.step(judging, options({ ahead }));
    assert.equal(play.stream("fake").image.requiresGrad, false);
    const next = shared.step(making, options(), play).play;
    assert.equal(next.stream("fake").image.requiresGrad, true);
    assert.deepEqual(next.stream("fake").image.toNumbers(), play.stream("fake").image.toNumbers());
    assert.notEqual(next.judge("discriminator", "fake"), play.judge("discriminator", "fake"));
  });
  assert.equal(made, 1);
  // The generator stood still in the discriminator's step, so its fakes are what it would have made again.
  for (const player of ["generator", "discriminator"])
    assertClose(
      parametersOf(shared)[player] as number[],
      parametersOf(apart)[player] as number[],
      1e-14,
      player,
    );
});

test("samples of players that updated are made anew, shared or not", async () => {
  const game = await adHocGame({ game: versus("discriminator", "real", "fake") });
  const [judging, making] = game.phases as [Phase, Phase];
  scope(() => {
    const { play } = game.step(making, options({ ahead: new Set(["discriminator"]) }));
    const next = game.step(judging, options({ random: play.random }), play).play;
    assert.notDeepEqual(next.stream("fake").image.toNumbers(), play.stream("fake").image.toNumbers());
  });
});

test("training and evaluation are every network's", async () => {
  const game = await adHocGame({});
  const modes = () =>
    [...game.players.values()].map(({ network }) => network.namedModules().map(([, m]) => m.training));
  for (const mode of [false, true]) {
    game.train(mode);
    assert.ok(
      modes()
        .flat()
        .every((training) => training === mode),
    );
  }
  game.dispose();
});
