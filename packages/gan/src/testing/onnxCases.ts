// The networks whose export to ONNX is tried: of every family, narrow.
import type { nn } from "@gantry/torch";
import type { NetFamily } from "../core/nets/family.js";
import { Prior } from "../core/nets/prior.js";
import type { Judged } from "../exchange/onnx/roles.js";

/** Length of latents. */
export const LATENT = 8;
/** Of a batch: another size than any that networks are traced by, and a multiple of four. */
export const BATCH = 16;

/** How a family's networks are made for a test, narrow. */
export interface Case {
  readonly options: Readonly<Record<string, unknown>>;
  /** Default [3, 32, 32]. */
  readonly shape?: readonly number[];
  readonly classes?: number;
  /** Whether D judges images with their latents. */
  readonly joint?: boolean;
  /** Whether E draws its latents. */
  readonly stochastic?: boolean;
}

const virtual = { generatorNorm: "virtual", referenceBatch: 3 };
const grey28 = { shape: [1, 28, 28] };

/** Of every family, by its name. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  ali: [
    { options: { channels: 4 }, joint: true, stochastic: true },
    { options: { channels: 2, ...virtual }, classes: 3 },
  ],
  autogan: [
    { options: { channels: 2 }, joint: true },
    { options: { channels: 2, architecture: "b" }, classes: 3 },
    { options: { channels: 2, architecture: "c" }, stochastic: true },
  ],
  began: [{ options: { channels: 2 } }],
  biggan: [
    { options: { channels: 2, attention: 16 }, joint: true },
    { options: { channels: 2, sharedSize: 4, hierarchical: true }, classes: 3, stochastic: true },
    { options: { channels: 2, ...virtual }, classes: 3 },
  ],
  dcgan: [
    { options: { channels: 2, discriminatorNorm: "spectral" }, ...grey28, joint: true, stochastic: true },
    { options: { channels: 2 }, classes: 3 },
    { options: { channels: 2, ...virtual } },
  ],
  infogan: [
    { options: { channels: 2 }, ...grey28, joint: true },
    { options: { channels: 2 }, ...grey28, classes: 3 },
  ],
  mlp: [
    {
      options: { generatorHidden: [6], discriminatorHidden: [6], encoderHidden: [6] },
      shape: [2],
      stochastic: true,
    },
    {
      options: { generatorHidden: [6], discriminatorHidden: [6], generatorActivation: "maxout" },
      ...grey28,
      classes: 3,
      joint: true,
    },
  ],
  pacgan: [
    { options: { channels: 2 }, ...grey28, joint: true, stochastic: true },
    { options: { channels: 32, protocol: "unrolled" }, ...grey28, classes: 3 },
  ],
  resnet: [
    { options: { channels: 2, attention: 16, generatorSpectralNorm: true }, joint: true, stochastic: true },
    { options: { channels: 2, upsampling: "bilinear", shortcutActivation: "public" }, classes: 3 },
  ],
  stylegan: [
    {
      options: { channels: 8, styleSize: 4, mappingLayers: 2 },
      shape: [3, 16, 16],
      joint: true,
      stochastic: true,
    },
    { options: { channels: 8, styleSize: 4, mappingLayers: 2 }, shape: [3, 8, 8], classes: 3 },
  ],
  vaegan: [
    { options: { channels: 2 }, joint: true, stochastic: true },
    { options: { channels: 2 }, classes: 3 },
  ],
};

/** A case's networks, by what they are; each with what a discriminator judges beside images. */
export function networksOf(
  family: NetFamily,
  { options, shape = [3, 32, 32], classes, joint = false, stochastic = false }: Case,
): readonly { readonly what: string; readonly judged: Judged; make(): nn.Module }[] {
  const parsed = family.options.parse(options);
  const data = { kind: shape.length === 1 ? "points" : "images", shape, classes } as const;
  const objection = family.check(parsed, data);
  if (objection !== undefined) throw new Error(objection);
  const request = { data, prior: new Prior({ size: LATENT, distribution: "normal" }), classes };
  const latentSize = joint ? LATENT : 0;
  const judged = { latentSize, classes };
  return [
    { what: "generator", judged, make: () => family.generator(parsed, request) },
    {
      what: "discriminator",
      judged,
      make: () => family.discriminator(parsed, { ...request, inputShape: shape, latentSize }),
    },
    { what: "encoder", judged, make: () => family.encoder(parsed, { ...request, stochastic }) },
  ];
}
