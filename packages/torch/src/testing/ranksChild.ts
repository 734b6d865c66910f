// One of several processes of distributed.test.ts: does what its name says, and prints what came of it.
import * as distributed from "../distributed.js";
import {
  grad,
  nn,
  noGrad,
  RandomGenerator,
  scope,
  setDefaultDtype,
  setThreads,
  type Tensor,
  torch,
} from "../index.js";

setThreads(1);
setDefaultDtype("float64");

const ALL: distributed.Across = { rows: true, batchNorm: true };
const across = <T>(body: () => T): T => distributed.acrossRanks(ALL, body);

/** Rows of this process of what every process draws alike. */
const rowsOf = (whole: Tensor): Tensor => {
  const count = whole.size(0) / distributed.size();
  return whole.narrow(0, distributed.rank() * count, count);
};

/** Of a batch norm over the whole batch: outputs, running statistics, a gradient, and a gradient of that. */
export function normalised(input: Tensor, groups: number, isShared: boolean) {
  const norm = new nn.BatchNorm2d(3);
  noGrad(() => norm.weight?.copy_(torch.tensor([0.5, 1.5, -1], { dtype: "float64" })));
  const x = input.detach().requiresGrad_();
  const run = () => {
    const output = nn.batchGroups(groups, () => norm.activated(x, 0.2));
    const cost = output.square().mul(output.cos()).mean();
    const [slope] = grad(cost, [x], { createGraph: true }) as [Tensor];
    // Of a mean over rows of several processes, each one's share of the slope.
    const [second] = grad(slope.square().sum(), [x]) as [Tensor];
    return { output, slope, second };
  };
  const { output, slope, second } = isShared ? across(run) : run();
  return { output, slope, second, mean: norm.runningMean, variance: norm.runningVar };
}

export const imagesOf = (seed: number): Tensor =>
  torch
    .randn([8, 3, 2, 2], { generator: new RandomGenerator(seed), dtype: "float64" })
    .mul(3)
    .add(1);

const tasks: Record<string, () => unknown> = {
  async sums() {
    const own = torch.tensor([1, 2, 3], { dtype: "float32" }).mul(distributed.rank() + 1);
    const bucket = new distributed.Bucket([
      own,
      torch.tensor(7, { dtype: "float64" }).mul(distributed.rank()),
    ]);
    await bucket.reduce();
    return {
      means: bucket.means().map((mean) => mean.toNumbers()),
      numbers: await distributed.sumNumbers([distributed.rank(), 1]),
      first: [...(await distributed.fromFirst(Uint8Array.of(distributed.rank() + 5, 9)))],
    };
  },
  gathers: () =>
    across(() => {
      const x = torch
        .tensor([[1, 2]], { dtype: "float64" })
        .mul(distributed.rank() + 1)
        .requiresGrad_();
      const all = distributed.rowsOfBatch(x);
      // Every process's cost is of all rows: the gradient by its own is the sum over processes.
      const [slope] = grad(all.pow(3).sum(), [x], { createGraph: true }) as [Tensor];
      const [second] = grad(slope.sum(), [x]) as [Tensor];
      return { all: all.toList(), slope: slope.toNumbers(), second: second.toNumbers() };
    }),
  draws() {
    const generator = new RandomGenerator(3);
    const [own, grouped] = across(() => {
      const draw = (shape: readonly number[]) => torch.rand(shape, { generator });
      return [
        distributed.drawRows([2, 3], draw).toList(),
        nn.batchGroups(2, () => distributed.drawRows([4], draw)).toList(),
      ];
    });
    return { own, grouped, next: torch.rand([1], { generator }).item() };
  },
  norms: () =>
    [1, 2].map((groups) => {
      const { output, slope, second, mean, variance } = scope(() =>
        normalised(ofGroups(imagesOf(4), groups), groups, true),
      );
      return [output, slope, second, mean, variance].map((each) => each.toNumbers());
    }),
  /** Rank 1 is slow. */
  async slow() {
    if (distributed.rank() === 1) await new Promise((resolve) => setTimeout(resolve, 3000));
    return await distributed.sumNumbers([1]);
  },
  waits: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
};

/** This process's rows of each group. */
function ofGroups(images: Tensor, groups: number): Tensor {
  return torch.cat(images.chunk(groups, 0).map(rowsOf), 0);
}

const [, , task = "", place = "{}"] = process.argv;
try {
  await distributed.joinRanks(JSON.parse(place) as distributed.GroupPlace);
  if (task === "leaves" && distributed.rank() === 1) process.kill(process.pid, "SIGKILL");
  const run = task === "leaves" ? () => distributed.sumNumbers([1]) : tasks[task];
  console.log(JSON.stringify(await run?.()));
  distributed.leaveRanks();
} catch (error) {
  console.log(JSON.stringify({ name: (error as Error).name, message: (error as Error).message }));
}
