import { cpus } from "node:os";
import { optim, scope, setThreads, torch } from "@gantry/torch";
import { parameterCounts, startTraining } from "../training.mjs";

/** torch.optim.Adam's default way: a list operator for each step of the rule, here without its bookkeeping. */
function byOperators(parameters, gradients, firsts, seconds) {
  const each = (value) => parameters.map(() => value);
  scope(() => {
    torch.foreachMulScalar_(firsts, 0.5);
    torch.foreachAdd_(firsts, gradients, { alpha: 0.5 });
    torch.foreachMulScalar_(seconds, 0.999);
    torch.foreachAddcmul_(seconds, gradients, gradients, 0.001);
    const denominators = torch.foreachSqrt(seconds);
    torch.foreachDivScalars_(denominators, each(0.9));
    torch.foreachAddScalar_(denominators, 1e-8);
    torch.foreachAddcdivScalars_(parameters, firsts, denominators, each(-1e-4));
  });
}

async function measure({ pairs }, label, training, threads, steps) {
  const { trainer, close } = await startTraining(training);
  try {
    setThreads(threads);
    const parameters = ["generator", "discriminator"].flatMap((name) => [
      ...trainer.game.network(name).parameters(),
    ]);
    const [generator, discriminator] = parameterCounts(trainer);
    const values = parameters.map((parameter) => parameter.detach().clone());
    const gradients = values.map((value) => value.randnLike());
    const firsts = values.map((value) => value.zerosLike());
    const seconds = values.map((value) => value.zerosLike());
    const adam = new optim.Adam(parameters, { learningRate: 1e-4, betas: [0.5, 0.999] });
    const times = (body) => () => {
      for (let i = 0; i < steps; i++) body();
    };
    const timed = await pairs(
      times(() => adam.step(gradients)),
      times(() => byOperators(values, gradients, firsts, seconds)),
      { unit: "us", per: steps },
    );
    return {
      label,
      shapes: `${parameters.length} tensors, ${generator} numbers of G and ${discriminator} of D`,
      threads,
      ...timed,
      against: "the same by LibTorch's `_foreach` operators",
    };
  } finally {
    await close();
  }
}

export default {
  what: "one step of Adam over all parameters of both players",
  async run(context) {
    const images = { recipe: "pac-dcgan", shape: [3, 28, 28] };
    const label = "stacked MNIST's networks";
    return [
      await measure(context, label, images, 1, 5),
      await measure(context, label, images, cpus().length, 5),
      await measure(context, "the ring's networks", { recipe: "gan" }, 1, 50),
    ];
  },
};
