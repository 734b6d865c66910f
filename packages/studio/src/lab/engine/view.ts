import { type Run, SampleJudge } from "@gantry/gan";
import { isPoints } from "@gantry/gan/data";
import { type Device, scope, torch } from "@gantry/torch";
import type { LabFrame } from "../messages.js";

/** Points shown of each side. */
const POINTS = 400;
/** Squares along a side of D's surface, lines along a side of G's grid, fakes with arrows. */
const SURFACE = 32;
const LINES = 15;
const ARROWS = 60;

type Trainer = Run["trainer"];

const rounded = (values: ArrayLike<number>, digits = 4): number[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? Number(value.toPrecision(digits)) : 0));

/** A square of so many numbers along a side, from -reach to reach, x, y each, rows one after the other. */
export function square(side: number, reach: number): Float32Array {
  const at = (place: number) => reach * ((2 * place) / (side - 1) - 1);
  return Float32Array.from({ length: 2 * side * side }, (_, i) =>
    at(i % 2 === 0 ? (i / 2) % side : Math.floor((i - 1) / 2 / side)),
  );
}

/** What is to be seen of a game on points now; the training is as if nobody had looked. */
export function viewOf(trainer: Trainer): Omit<LabFrame, "run" | "done" | "scalars" | "iteration" | "steps"> {
  const { dataset, game } = trainer;
  const count = Math.min(POINTS, dataset.count);
  const real = dataset.read(Array.from({ length: count }, (_, i) => i)) as Float32Array;
  const reach = 1.4 * real.reduce((most, value) => Math.max(most, Math.abs(value)), 0.01);
  const made = trainer.generate({ count: POINTS });
  const fake = made.toTypedArray() as Float32Array;
  made.dispose();
  const shown = fake.subarray(0, 2 * ARROWS);
  return {
    phases: game.phases.map(({ name }) => name),
    reach,
    real: rounded(real),
    fake: rounded(fake),
    ...judged(trainer, reach, shown),
    manifold: manifoldOf(trainer),
    modes: isPoints(dataset)
      ? rounded(
          dataset.modes.flatMap(({ mean: [x = 0, y = 0], std }) => [
            x,
            y,
            3 * std,
            inside(fake, x, y, 3 * std),
          ]),
        )
      : [],
  };
}

/** How many points lie in a circle. */
export function inside(points: ArrayLike<number>, x: number, y: number, radius: number): number {
  let count = 0;
  for (let i = 0; i + 1 < points.length; i += 2)
    if (Math.hypot(points[i]! - x, points[i + 1]! - y) < radius) count++;
  return count;
}

/** D's surface, and its slopes at some points, by differences of scores close by. */
function judged({ game, config, iteration }: Trainer, reach: number, at: Float32Array) {
  let judge: SampleJudge;
  const device = config.device as Device;
  try {
    judge = new SampleJudge(game, iteration, config.steps, device);
  } catch {
    // It judges packs, or something else than points.
    return { surface: null, arrows: null };
  }
  const latents = game.network<import("@gantry/gan/nets").Generator>("generator").prior.size;
  const scores = (points: Float32Array) =>
    scope(() => {
      const count = points.length / 2;
      const image = torch.fromTypedArray(points, [count, 2]).to({ device });
      return judge.scores(image, torch.zeros([count, latents], { device }), undefined);
    });
  try {
    const step = reach / 200;
    const moved = (x: number, y: number) => at.map((value, i) => value + (i % 2 === 0 ? x : y));
    const along = (x: number, y: number) => {
      const [ahead, behind] = [scores(moved(x, y)), scores(moved(-x, -y))];
      return ahead.map((value, i) => (value - behind[i]!) / (2 * step));
    };
    const [dx, dy] = [along(step, 0), along(0, step)];
    const arrows = Array.from(dx, (slope, i) => [at[2 * i]!, at[2 * i + 1]!, slope, dy[i]!]).flat();
    return { surface: rounded(scores(square(SURFACE, reach))), arrows: rounded(arrows) };
  } catch {
    // One that takes labels has no score for points without.
    return { surface: null, arrows: null };
  } finally {
    game.network("discriminator").train(true);
  }
}

/** G of a grid over the first two numbers of its latents, the others in the middle. */
function manifoldOf(trainer: Trainer): number[] | null {
  const { prior } = trainer.game.network<import("@gantry/gan/nets").Generator>("generator");
  if (prior.size < 2) return null;
  const [middle, reach] = { normal: [0, 2], uniform: [0, 1], unit: [0.5, 0.5] }[prior.distribution] as [
    number,
    number,
  ];
  const plane = square(LINES, reach);
  const latents = new Float32Array(LINES * LINES * prior.size).fill(middle);
  for (let i = 0; i < LINES * LINES; i++) {
    latents[i * prior.size] = middle + plane[2 * i]!;
    latents[i * prior.size + 1] = middle + plane[2 * i + 1]!;
  }
  const given = torch.fromTypedArray(latents, [LINES * LINES, prior.size]);
  const points = trainer.generate({ count: LINES * LINES, latents: given });
  const found = rounded(points.toTypedArray() as Float32Array);
  points.dispose();
  given.dispose();
  return found;
}
