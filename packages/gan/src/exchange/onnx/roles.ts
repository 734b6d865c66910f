import { nn, type Tensor } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { Discriminator, Encoder, Generator, ScoreHead } from "../../core/nets/contract.js";
import { InfomaxCritics } from "../../core/nets/layers/infomaxCritics.js";
import { StyleLayer } from "../../core/nets/layers/styleLayer.js";

/** An input of a network: `classes` stands for labels below so many. */
export interface NetworkInput {
  readonly name: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly classes?: number | undefined;
  /** One for all of a batch, and already there: a fixed noise. */
  readonly buffer?: nn.Buffer | undefined;
}

/** A network with what it takes and gives under the names that a graph has for them. */
export interface Role {
  readonly network: nn.Module;
  readonly inputs: readonly NetworkInput[];
  /** @param given a tensor an input, in their order */
  run(given: readonly Tensor[]): ReadonlyMap<string, Tensor>;
}

const LATENTS = "latents";
const CLASS = "class";
const IMAGES = "images";

function generator(network: Generator): Role {
  const { prior, classes } = network;
  const noises = network
    .namedModules()
    .flatMap(([, module]) => (module instanceof StyleLayer ? [module.noise] : []));
  return {
    network,
    inputs: [
      { name: LATENTS, shape: [prior.size] },
      ...(classes === undefined ? [] : [{ name: CLASS, shape: [], classes }]),
      ...noises.map((buffer, i) => ({ name: `noise.${i}`, shape: buffer.shape, buffer })),
    ],
    run: ([latents, label]) =>
      new Map([[IMAGES, network.forward(latents as Tensor, classes === undefined ? undefined : label)]]),
  };
}

function encoder(network: Encoder): Role {
  return {
    network,
    inputs: [{ name: IMAGES, shape: network.inputShape }],
    run: ([images]) => {
      const { latent, mean, logVariance } = network.forward(images as Tensor);
      const all = Object.entries({ [LATENTS]: latent, mean, logVariance });
      return new Map(all.filter((each): each is [string, Tensor] => each[1] !== undefined));
    },
  };
}

/** What heads make of features; nothing of those that have a say in the score instead. */
function ofHead(head: nn.Module, features: ReturnType<Discriminator["features"]>): Tensor | undefined {
  if (head instanceof ScoreHead) return undefined;
  if (head instanceof nn.Layer) return head.forward(features.global);
  return head instanceof InfomaxCritics && features.local !== undefined
    ? head.scores(features.local, features.global)
    : undefined;
}

/** What a discriminator judges beside images. */
export interface Judged {
  readonly latentSize: number;
  readonly classes: number | undefined;
}

function discriminator(network: Discriminator, { latentSize, classes }: Judged): Role {
  const withLatent = latentSize > 0;
  return {
    network,
    inputs: [
      { name: IMAGES, shape: network.inputShape },
      ...(withLatent ? [{ name: LATENTS, shape: [latentSize] }] : []),
      ...(classes === undefined ? [] : [{ name: CLASS, shape: [], classes }]),
    ],
    run: (given) => {
      const image = given[0] as Tensor;
      const latent = withLatent ? given[1] : undefined;
      const label = classes === undefined ? undefined : given.at(-1);
      const sample = { image, latent, label };
      const features = network.features(sample);
      const outputs = new Map([["scores", network.score(features, sample)]]);
      for (const [name, head] of network.heads) {
        const made = ofHead(head, features);
        if (made !== undefined) outputs.set(`heads.${name}`, made);
      }
      return outputs;
    },
  };
}

/**
 * A network's inputs and outputs by their names.
 * @param judged of discriminators
 * @throws UsageError for what is neither generator, discriminator nor encoder
 */
export function roleOf(network: nn.Module, judged: Judged): Role {
  if (network instanceof Generator) return generator(network);
  if (network instanceof Discriminator) return discriminator(network, judged);
  if (network instanceof Encoder) return encoder(network);
  throw new UsageError("only generators, discriminators and encoders are exported");
}
