import assert from "node:assert/strict";
import { test } from "node:test";
import {
  about,
  above,
  all,
  below,
  best,
  differences,
  exactly,
  higher,
  judge,
  lower,
  near,
  type Rule,
  same,
} from "./verdict.js";

const word = (rule: Rule) => judge(rule).word;

// SciPy: the 95 % interval of the difference is -1.774 to -0.160, that of 99 % crosses 0.
const [a, b] = [
  [1.2, 1.9, 1.4],
  [2.8, 2.1, 2.5],
];

test("lower and higher go by Welch's interval of the difference", () => {
  assert.equal(word(lower(a, b)), "holds");
  assert.equal(word(lower(b, a)), "does not hold");
  assert.equal(lower(a, b)(0.99).word, "undecided");
  assert.equal(word(higher(a, b)), "does not hold");
  assert.equal(word(higher(b, a)), "holds");
  assert.match(judge(lower(a, b)).why, /^difference 95 %: -1\.774 to -0\.1596$/);
  // One seed has no spread; two without any are exact, and where they are alike, as two generators that find nothing, nobody can say;
  // what diverged decides nothing.
  assert.equal(word(lower([1], [2])), "undecided");
  assert.equal(word(lower([1, 1], [2, 2])), "holds");
  assert.equal(word(lower([1, 1], [1, 1])), "undecided");
  assert.equal(word(lower([1, Number.NaN], [2, 2])), "undecided");
});

test("bounds of a mean, and pairs by their differences", () => {
  assert.equal(word(above([0.9, 0.91, 0.92], 0.5)), "holds");
  assert.equal(word(below([0.9, 0.91, 0.92], 0.5)), "does not hold");
  assert.equal(word(above([0.2, 0.5, 0.9], 0.5)), "undecided");
  // Far apart between seeds, alike within: only pairs see it.
  const before = [10, 20, 30];
  const after = [11, 21.1, 30.9];
  assert.equal(word(higher(after, before)), "undecided");
  assert.equal(word(above(differences(after, before), 0)), "holds");
});

test("no effect: within a margin, outside of it, or neither", () => {
  assert.equal(word(same([10, 10.1, 9.9], [10, 10.05, 9.95], 0.5)), "holds");
  assert.equal(word(same([12, 12.1, 11.9], [10, 10.05, 9.95], 0.5)), "does not hold");
  assert.equal(word(same([10, 10.9, 9.1], [10, 10.05, 9.95], 0.5)), "undecided");
  assert.equal(word(about([1.9, 2.3, 1.95], 2, 1.25)), "holds");
  assert.equal(word(near([0.69, 0.7, 0.695], Math.log(2), 0.05)), "holds");
  assert.equal(word(near([0.5, 0.51, 0.505], Math.log(2), 0.05)), "does not hold");
  assert.equal(word(about([9.9, 10, 10.1], 2, 1.25)), "does not hold");
});

test("all: one that is not yet told leaves it open, one counterexample must be no accident among so many", () => {
  const yes: [string, Rule] = ["yes", lower([1, 1.1, 0.9], [5, 5.1, 4.9])];
  const open: [string, Rule] = ["open", lower([1, 3, 2], [2, 3, 4])];
  const no: [string, Rule] = ["no", lower(b, a)];
  assert.deepEqual(judge(all([yes, yes])), { word: "holds", why: "in yes, yes" });
  assert.deepEqual(judge(all([yes, open])), { word: "undecided", why: "not told: open" });
  assert.equal(word(all([no])), "does not hold");
  // Of five at 99 % it may be chance.
  assert.equal(word(all([no, yes, yes, yes, yes])), "undecided");
  const sure: [string, Rule] = ["sure", lower([5, 5.1, 4.9], [1, 1.1, 0.9])];
  assert.match(judge(all([sure, yes, open])).why, /^sure: difference/);
});

test("best: against the second best, and beaten by any", () => {
  const x = [1, 1.1, 0.9];
  assert.equal(
    word(
      best(x, [
        ["far", [9, 9.1, 9.2]],
        ["near", [2, 2.1, 1.9]],
      ]),
    ),
    "holds",
  );
  assert.match(judge(best(x, [["near", [1.1, 1.2, 1]]])).why, /^against near/);
  assert.equal(word(best(x, [["near", [1.1, 1.2, 1]]])), "undecided");
  assert.equal(word(best([5, 5.1, 4.9], [["near", x]])), "does not hold");
  assert.equal(exactly(true, "").word, "holds");
});
