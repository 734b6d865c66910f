import assert from "node:assert/strict";
import { test } from "node:test";
import { nn, noGrad, optim, type Tensor, torch } from "@gantry/torch";
import { begin } from "../engine/fit.js";
import { stepBoth } from "./bothSteps.js";

test("both steps start from one state: D ends where the original step alone takes it, twice over", () => {
  begin(1);
  const [one, other] = [new nn.Linear(2, 1), new nn.Linear(2, 1)];
  noGrad(() => {
    for (const [i, parameter] of other.parameters().entries()) parameter.copy_(one.parameters()[i]!);
  });
  const adam = (layer: nn.Module) => new optim.Adam(layer.parameters(), { learningRate: 0.1 });
  const [first, second] = [adam(one), adam(other)];
  const [real, fake] = [torch.randn([8, 2]).add(1), torch.randn([8, 2])];
  const score = (layer: nn.Linear) => (samples: Tensor) => layer.forward(samples).squeezeAt(1);
  for (let step = 0; step < 2; step++) {
    const { before, original, weighted, weights } = stepBoth(one, first, score(one), real, fake);
    // The slopes of the hinge losses, by hand: the mean of -x over reals below 1, of x over fakes above -1.
    const values = (samples: Tensor) => score(other)(samples).toNumbers();
    assert.ok(Math.abs(before.real - values(real).reduce((a, b) => a + b) / 8) < 1e-6);
    const slope = (samples: Tensor, sign: 1 | -1) => {
      const scores = values(samples);
      const points = samples.toList() as number[][];
      const sums = [0, 0, 0];
      for (const [i, [x = 0, y = 0]] of points.entries())
        if (sign * scores[i]! > -1)
          for (const [k, part] of [x, y, 1].entries()) sums[k]! += (sign * part) / 8;
      return sums;
    };
    const [r, f] = [slope(real, -1), slope(fake, 1)];
    const sum = r.map((value, i) => value + f[i]!);
    second.step([torch.tensor([sum.slice(0, 2)]), torch.tensor(sum.slice(2))]);
    for (const [i, parameter] of other.parameters().entries())
      assert.ok(
        parameter
          .toNumbers()
          .every((value, at) => Math.abs(value - one.parameters()[i]!.toNumbers()[at]!) < 1e-5),
      );
    // Adam's first step is of signs alone; both directions may have the same.
    if (step > 0) assert.notEqual(original.real, weighted.real);
    assert.ok(weights.real > 0 && weights.fake > 0);
  }
});
