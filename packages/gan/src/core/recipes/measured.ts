/** Where {@link measured} was: docs/guide/recipes.md says more. */
export const measuredOn = "two cores of an AMD EPYC with AVX2";

/** Of the whole preset `small`, from some iterations. */
export interface Measured {
  /** Rounded, 0 for under one; null where it was not timed as a whole. */
  readonly minutes: number | null;
  /** The process's peak, in GiB. */
  readonly memory: number;
}

/** As `node bench/recipes.mjs` measured them. */
export const measured: Readonly<Record<string, Measured>> = {
  aae: { minutes: 3, memory: 0.4 },
  "ac-gan": { minutes: 4, memory: 0.4 },
  ali: { minutes: 4, memory: 0.4 },
  autogan: { minutes: 5, memory: 0.5 },
  "aw-autogan": { minutes: 5, memory: 0.5 },
  "aw-biggan": { minutes: 4, memory: 0.5 },
  "aw-gan": { minutes: 0, memory: 0.3 },
  "aw-sngan": { minutes: 5, memory: 0.4 },
  "aw-sngan-projection": { minutes: 5, memory: 0.5 },
  began: { minutes: 5, memory: 0.4 },
  biggan: { minutes: 4, memory: 0.5 },
  cgan: { minutes: 4, memory: 0.4 },
  dcgan: { minutes: 3, memory: 0.5 },
  "diff-augment-gan": { minutes: 4, memory: 0.4 },
  dragan: { minutes: 3, memory: 0.5 },
  ebgan: { minutes: 4, memory: 0.4 },
  "f-gan": { minutes: 2, memory: 0.4 },
  gan: { minutes: 0, memory: 0.3 },
  "gan-mnist": { minutes: 0, memory: 0.4 },
  infogan: { minutes: 2, memory: 0.4 },
  "infomax-gan": { minutes: 4, memory: 0.4 },
  ivdcgan: { minutes: 4, memory: 0.4 },
  ivlsgan: { minutes: 4, memory: 0.4 },
  "lecam-gan": { minutes: 4, memory: 0.5 },
  lsgan: { minutes: 2, memory: 0.4 },
  mdgan: { minutes: 5, memory: 0.5 },
  mhgan: { minutes: 5, memory: 0.5 },
  msgan: { minutes: 5, memory: 0.4 },
  "pac-dcgan": { minutes: 3, memory: 0.5 },
  pacgan: { minutes: 0, memory: 0.3 },
  r3gan: { minutes: 4, memory: 0.4 },
  "reg-gan": { minutes: 4, memory: 0.5 },
  "reg-gan-mnist": { minutes: 1, memory: 0.4 },
  "reg-gan-points": { minutes: 0, memory: 0.3 },
  sagan: { minutes: 5, memory: 0.4 },
  sngan: { minutes: 3, memory: 0.4 },
  "sngan-projection": { minutes: 4, memory: 0.4 },
  ssgan: { minutes: 5, memory: 0.4 },
  "ssgan-infomax": { minutes: 5, memory: 0.4 },
  stylegan: { minutes: 9, memory: 0.5 },
  "stylegan-ada": { minutes: 15, memory: 1.6 },
  unrolled: { minutes: 2, memory: 0.3 },
  vaegan: { minutes: 6, memory: 0.6 },
  veegan: { minutes: 3, memory: 0.5 },
  wgan: { minutes: null, memory: 0.5 },
  "wgan-gp": { minutes: 8, memory: 0.5 },
  "wgan-gp-resnet": { minutes: 5, memory: 0.4 },
};
