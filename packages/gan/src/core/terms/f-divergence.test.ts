// Against the definition: D(P || Q) = sum q f(p / q), its f*, and the bound, worked out by numbers from f alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setThreads, torch } from "@gantry/torch";
import { points } from "../../testing/filledGame.js";
import { assertClose } from "../../testing/networks.js";
import { checkLossGradient, TinyGame } from "../../testing/tinyGame.js";
import { type DivergenceName, divergenceNames, divergences } from "./parts/divergence.js";
import { terms } from "./registry.js";

setThreads(1);

/** f as the paper's table 1 has it, and its derivative. */
const definitions: Record<DivergenceName, { f: (u: number) => number; slope: (u: number) => number }> = {
  "kullback-leibler": { f: (u) => u * Math.log(u), slope: (u) => 1 + Math.log(u) },
  "reverse-kullback-leibler": { f: (u) => -Math.log(u), slope: (u) => -1 / u },
  pearson: { f: (u) => (u - 1) ** 2, slope: (u) => 2 * (u - 1) },
  "squared-hellinger": { f: (u) => (Math.sqrt(u) - 1) ** 2, slope: (u) => 1 - 1 / Math.sqrt(u) },
  "jensen-shannon": {
    f: (u) => u * Math.log(u) - (u + 1) * Math.log((u + 1) / 2),
    slope: (u) => Math.log((2 * u) / (u + 1)),
  },
  gan: { f: (u) => u * Math.log(u) - (u + 1) * Math.log(u + 1), slope: (u) => Math.log(u / (u + 1)) },
};

const on = (kind: DivergenceName, which: "activation" | "conjugate", scores: readonly number[]): number[] =>
  divergences[kind][which](torch.tensor(Float64Array.from(scores))).toNumbers();

/** The largest of a concave function over u > 0, by thirds of the logarithm. */
function supremum(of: (u: number) => number): number {
  let [low, high] = [-30, 30];
  for (let i = 0; i < 200; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (of(Math.exp(a)) < of(Math.exp(b))) low = a;
    else high = b;
  }
  return of(Math.exp((low + high) / 2));
}

const scores = [-3, -1, -0.2, 0.1, 0.7, 2];

for (const kind of divergenceNames) {
  test(`${kind}: f*(t) is the supremum of u t - f(u), at t = g(v)`, () => {
    const { f } = definitions[kind];
    const activated = on(kind, "activation", scores);
    // Below -2, Pearson's supremum over u > 0 is at the border, where the table's formula does not hold.
    const usable = activated.map((t) => kind !== "pearson" || t > -2);
    const expected = activated.map((t) => supremum((u) => u * t - f(u)));
    assertClose(
      on(kind, "conjugate", scores).filter((_, i) => usable[i]),
      expected.filter((_, i) => usable[i]),
      1e-9,
      kind,
    );
  });

  test(`${kind}: with the best scores D's loss is minus the divergence, with others more`, () => {
    const { f, slope } = definitions[kind];
    const [p, q] = [
      [0.5, 0.3, 0.2],
      [0.2, 0.2, 0.6],
    ] as const;
    const divergence = q.reduce<number>((sum, each, i) => sum + each * f(p[i]! / each), 0);
    /** The score whose activation is the best t, f'(p / q): g grows. */
    const best = p.map((each, i) => {
      const wanted = slope(each / q[i]!);
      let [low, high] = [-40, 40];
      for (let step = 0; step < 200; step++) {
        const middle = (low + high) / 2;
        if (on(kind, "activation", [middle])[0]! < wanted) low = middle;
        else high = middle;
      }
      return (low + high) / 2;
    });
    const loss = (of: readonly number[]) => {
      const [g, conjugate] = [on(kind, "activation", of), on(kind, "conjugate", of)];
      return of.reduce((sum, _, i) => sum - p[i]! * g[i]! + q[i]! * conjugate[i]!, 0);
    };
    assertClose([loss(best)], [-divergence], 1e-9, kind);
    for (const moved of [0.1, -0.1])
      for (const at of [0, 1, 2])
        assert.ok(loss(best.map((v, i) => (i === at ? v + moved : v))) > -divergence + 1e-5);
  });

  for (const generator of ["non-saturating", "saddle"])
    test(`${kind}, G ${generator}: gradients match finite differences`, async () => {
      using tiny = await TinyGame.create({ ...points, terms: { "f-divergence": { kind, generator } } });
      checkLossGradient(tiny, ["discriminator"]);
      checkLossGradient(tiny, ["generator"]);
    });
}

test("G's saddle is the other side of D's game, also where the reals are made", async () => {
  for (const kind of divergenceNames) {
    const { game, more } = { game: { kind, generator: "saddle" }, more: { ali: { stochastic: false } } };
    using tiny = await TinyGame.create({ ...points, terms: { "f-divergence": game, ...more } });
    const team = ["generator", "encoder"];
    assertClose([tiny.lossOf(team)], [-tiny.lossOf(["discriminator"])], 1e-12, kind);
  }
});

test("the original game's kind is minimax, and non-saturating in G", async () => {
  const lossesOf = async (term: string, options: Record<string, string>) => {
    using tiny = await TinyGame.create({ ...points, terms: { [term]: options } });
    return [tiny.lossOf(["discriminator"]), tiny.lossOf(["generator"])];
  };
  assertClose(
    await lossesOf("f-divergence", { kind: "gan", generator: "saddle" }),
    await lossesOf("minimax", {}),
    1e-13,
    "minimax",
  );
  assertClose(
    await lossesOf("f-divergence", { kind: "gan" }),
    await lossesOf("non-saturating", {}),
    1e-13,
    "non-saturating",
  );
});

test("an unknown divergence is refused by name", async () => {
  const { options } = await terms.get("f-divergence");
  assert.equal(options.safeParse({ kind: "wasserstein" }).success, false);
});
