import type { z } from "zod";
import { type Named, Registry } from "../base/registry.js";
import type { Before } from "../base/versions.js";
import type { Autoencoder } from "./autoencoder.js";
import type { Discriminator, Encoder, Generator } from "./contract.js";
import type { Prior } from "./prior.js";
import type { DataShape } from "./sample.js";

/** What a network is asked to fit. */
export interface NetRequest {
  readonly data: DataShape;
  readonly prior: Prior;
  /** Number of classes to condition on; undefined for unconditional networks. */
  readonly classes: number | undefined;
  /** Of networks that grow (progressive-growing): the side of the first images. Default undefined: the data's from the beginning. */
  readonly growing?: number | undefined;
}

export interface DiscriminatorRequest extends NetRequest {
  /** The shape it judges, after the views before it: packing multiplies the channels. */
  readonly inputShape: readonly number[];
  /** Length of the latent it judges along with the image (ALI, VEEGAN); 0 for images alone. */
  readonly latentSize: number;
}

export interface EncoderRequest extends NetRequest {
  /** Draws its latent from a Gaussian it predicts (VAE, ALI); otherwise deterministic. */
  readonly stochastic: boolean;
}

/** What a family may object to once every term has planned. */
export interface PlannedGame {
  /** Whether latents are also what an encoder makes of images. */
  readonly encodes: boolean;
  /** Whether parts of latents mean something. */
  readonly coded: boolean;
}

/** Generators, discriminators and encoders that belong together. One file in families/. */
export interface NetFamily<Schema extends z.ZodObject = z.ZodObject> extends Named {
  readonly source: string;
  /** Whether its networks can be conditioned on classes: what asks it of others is refused before they are made. */
  readonly conditional: boolean;
  /** Options beside the prior's; every one with a default. */
  readonly options: Schema;
  /** What options were in configurations of older versions, where those do not say: see CONFIG_VERSION. */
  readonly before?: Before;
  /** Settings that other families have and this cannot have: why, and what to do. */
  readonly lacks?: Readonly<Record<string, string>>;
  /** Why it cannot carry this data, and what to do; undefined when it can. Asked before anything is built. */
  check(options: z.output<Schema>, data: DataShape): string | undefined;
  /** Why its networks do not suit what the terms have planned, and what to do; undefined where they do. Default always. */
  suits?(options: z.output<Schema>, game: PlannedGame): string | undefined;
  generator(options: z.output<Schema>, request: NetRequest): Generator;
  discriminator(options: z.output<Schema>, request: DiscriminatorRequest): Discriminator;
  encoder(options: z.output<Schema>, request: EncoderRequest): Encoder;
  /**
   * Its discriminator as an autoencoder, for terms that judge by reconstructions; undefined where it has none.
   * @param code numbers of a code
   */
  autoencoder?(options: z.output<Schema>, request: DiscriminatorRequest, code: number): Autoencoder;
}

/** Lets TypeScript infer the options' type. */
export function defineFamily<Schema extends z.ZodObject>(family: NetFamily<Schema>): NetFamily<Schema> {
  return family;
}

export const families = new Registry<NetFamily>("network family", new URL("./families/", import.meta.url), {
  marks: ["generator", "discriminator"],
  needs: {
    name: "text",
    summary: "text",
    source: "text",
    options: "options",
    check: "function",
    generator: "function",
    discriminator: "function",
    encoder: "function",
  },
});
