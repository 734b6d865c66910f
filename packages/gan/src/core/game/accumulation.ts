import { distributed, grad, nn, noGrad, scope, sumOf, type Tensor } from "@gantry/torch";
import type { Losses, Split } from "./gradient.js";
import { type Drawn, type Judgement, Play, type PlayOptions, type Stage } from "./play.js";
import type { Player } from "./term.js";

/**
 * What a stream is drawn by: for all parts of a batch and all processes at once, so that in parts it has the latents of a whole
 * one.
 */
export function drawnFor(play: Play, stream: string, draw: (count: number) => Drawn): Drawn {
  const { part, batch } = play.options;
  const { from, of } = distributed.place(batch);
  if (part === undefined && of === batch) return draw(batch);
  let whole = part?.drawn.get(stream);
  if (whole === undefined) {
    whole = distributed.undivided(() => draw(of * (part?.count ?? 1)));
    part?.drawn.set(stream, whole);
  }
  const own = (tensor: Tensor) => tensor.narrow(0, (part?.index ?? 0) * of + from, batch);
  return { latent: own(whole.latent), label: whole.label && own(whole.label) };
}

/** What accumulated() needs of a game. */
export interface Accumulating extends Stage {
  readonly players: ReadonlyMap<string, Player>;
  evaluate(team: readonly string[], play: Play): Losses & { byTerm: Map<string, Tensor> };
  gradients(team: readonly string[], losses: Losses, play: Play): (Tensor | undefined)[];
  /** Whether a player's gradients are not just those of the sum of its losses. */
  hasRule(player: string): boolean;
}

/** A step's gradients, a list for each team, and the terms' values: means over the parts. */
export interface Accumulated {
  readonly play: Play;
  readonly byTerm: Map<string, Tensor>;
  readonly gradients: (Tensor | undefined)[][];
}

/** A loss of one part of a batch, or the sum of such: its value, and its gradient by a team's parameters. */
interface Slope {
  readonly value: Tensor;
  readonly gradient: readonly (Tensor | undefined)[];
}

/**
 * The gradients of one step whose batch goes through the networks in equal parts, one after the other: their mean, which is
 * the whole batch's wherever each sample counts by itself. A gradient rule is given the whole batch's too.
 *
 * Every part begins with the same estimates of spectral norm, which so move as in one step of the whole batch.
 * @param options as for a step of the whole batch
 * @param drawn what the step before drew for streams that have not changed since; filled
 */
export function accumulated(
  game: Accumulating,
  teams: readonly (readonly string[])[],
  options: PlayOptions,
  count: number,
  drawn: Map<string, Drawn>,
): Accumulated {
  const parametersOf = (team: readonly string[]) =>
    team.flatMap((name) => game.players.get(name)?.optimizer.parameters ?? []);
  const isRuled = teams.map(([first = ""]) => game.hasRule(first));
  const estimates = spectralEstimates(game);
  const begun = noGrad(() => estimates.map((estimate) => estimate.clone()));
  const byTerm = new Map<string, Tensor | number>();
  const scalars = new Map<string, Tensor | number>();
  const judged: Split["judged"][] = teams.map(() => []);
  let sums: (readonly (Slope | undefined)[])[] = teams.map(() => []);
  for (let index = 0; index < count; index++) {
    if (index > 0)
      estimates.forEach((estimate, i) => {
        estimate.assign(begun[i] as Tensor);
      });
    const part = scope(() => {
      const play = new Play(game, {
        ...options,
        batch: options.batch / count,
        part: { index, count, drawn },
      });
      const evaluated = teams.map((team) => game.evaluate(team, play));
      return {
        drawn,
        scalars: play.scalars,
        values: evaluated.map((losses) => losses.byTerm),
        judged: evaluated.map(({ splits }, i) =>
          isRuled[i] ? splits.flatMap((split) => split.judged.map(withoutGraph)) : [],
        ),
        sums: evaluated.map((losses, i) => {
          const parameters = parametersOf(teams[i] as readonly string[]);
          const slopes = slopesOf(losses, parameters, isRuled[i] ?? false);
          return slopes.map((slope, k) => added(sums[i]?.[k], slope));
        }),
      };
    });
    sums = part.sums;
    for (const values of part.values) addShares(byTerm, values, count);
    addShares(scalars, part.scalars, count);
    part.judged.forEach((pairs, i) => {
      judged[i] = [...(judged[i] ?? []), ...pairs];
    });
  }
  // What looks at the step afterwards sees the whole batch.
  const play = new Play(game, { ...options, part: { index: 0, count: 1, drawn } });
  for (const [name, value] of scalars) play.scalars.set(name, value);
  const gradients = teams.map((team, i) => {
    const means = (sums[i] ?? []).map((slope) => slope && divided(slope, count));
    if (!isRuled[i]) return [...(means[0]?.gradient ?? [])];
    return game.gradients(team, asLosses(means, parametersOf(team), judged[i] ?? []), play);
  });
  return { play, byTerm: byTerm as Map<string, Tensor>, gradients };
}

function spectralEstimates({ players }: Accumulating): nn.Buffer[] {
  const modules = [...players.values()].flatMap(({ network }) => network.namedModules());
  return modules.flatMap(([, module]) =>
    module instanceof nn.WeightLayer && module.weightU !== undefined && module.weightV !== undefined
      ? [module.weightU, module.weightV]
      : [],
  );
}

/** Of the sum of all losses; `apart`: of the real and the fake part of each split, and of the sum of all others. */
function slopesOf(
  { splits, wholes }: Losses,
  parameters: readonly nn.Parameter[],
  apart: boolean,
): (Slope | undefined)[] {
  const parts = splits.flatMap(({ real, fake }) => [real, fake]);
  const groups = apart ? [...parts.map((part) => [part]), wholes] : [[...parts, ...wholes]];
  return groups.map((losses) => {
    if (losses.length === 0) return undefined;
    const value = sumOf(losses);
    // Other groups, and other teams, go through the same graph; the scope ends it.
    const gradient = grad(value, parameters, { allowUnused: true, retainGraph: true });
    return { value: value.detach(), gradient };
  });
}

function added(sum: Slope | undefined, slope: Slope | undefined): Slope | undefined {
  if (sum === undefined || slope === undefined) return sum ?? slope;
  const both = (a: Tensor | undefined, b: Tensor | undefined) =>
    a === undefined || b === undefined ? (a ?? b) : a.add(b);
  return {
    value: sum.value.add(slope.value),
    gradient: sum.gradient.map((gradient, i) => both(gradient, slope.gradient[i])),
  };
}

const divided = ({ value, gradient }: Slope, count: number): Slope => ({
  value: value.div(count),
  gradient: gradient.map((each) => each?.div(count)),
});

/** Losses that have these values and these gradients: what a rule makes of them is what it would make of the whole batch. */
function asLosses(
  slopes: readonly (Slope | undefined)[],
  parameters: readonly nn.Parameter[],
  judged: Split["judged"],
): Losses {
  const losses = slopes.map((slope) => {
    if (slope === undefined) return undefined;
    const products = slope.gradient.flatMap((gradient, i) =>
      gradient === undefined ? [] : [(parameters[i] as Tensor).mul(gradient).sum()],
    );
    if (products.length === 0) return slope.value;
    const linear = sumOf(products);
    return linear.add(slope.value.sub(linear.detach()));
  });
  const whole = losses.at(-1);
  const splits = Array.from({ length: (losses.length - 1) / 2 }, (_, i) => ({
    real: losses[2 * i] as Tensor,
    fake: losses[2 * i + 1] as Tensor,
    // Means over the pairs of all parts: a rule takes the pairs of several contests so.
    judged: i === 0 ? judged : [],
  }));
  return { splits, wholes: whole === undefined ? [] : [whole] };
}

/** The pair alone, freed of the graph of its part. */
function withoutGraph({ real, fake }: Split["judged"][number]): Split["judged"][number] {
  const seen = ({ logits, features, sample }: Judgement): Judgement => ({
    logits: logits.detach(),
    features: { local: undefined, global: features.global.detach() },
    sample: { ...sample, image: sample.image.detach(), latent: sample.latent?.detach() },
  });
  return { real: seen(real), fake: seen(fake) };
}

/** Adds to each sum its share of a mean over `count`. */
function addShares(
  sums: Map<string, Tensor | number>,
  values: ReadonlyMap<string, Tensor | number>,
  count: number,
): void {
  for (const [name, value] of values) {
    const sum = sums.get(name);
    if (typeof value === "number") sums.set(name, (typeof sum === "number" ? sum : 0) + value / count);
    else
      sums.set(
        name,
        noGrad(() => (sum === undefined ? value.div(count) : value.div(count).add(sum))),
      );
  }
}
