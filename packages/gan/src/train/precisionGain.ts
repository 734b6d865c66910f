import { autocast, grad, noGrad, scope, torch } from "@gantry/torch";

/** A layer in the middle of a DCGAN: images, channels in and out, side. */
const [BATCH, CHANNELS, SIDE] = [16, 128, 16];
/** Rounds of both precisions in turns, of which the fastest counts. */
const ROUNDS = 7;
/** What bfloat16 takes at least of float32's time where it is said to gain nothing: noise is no gain. */
const NOTHING = 0.95;

/**
 * Measures a convolution's iteration, outputs and both gradients, in bfloat16 and in float32, with the threads that are set; in a few
 * tenths of a second.
 * @returns bfloat16's time as a multiple of float32's
 */
export function measureBfloat16(): number {
  return scope(() => {
    const image = torch
      .randn([BATCH, CHANNELS, SIDE, SIDE])
      .contiguous({ memoryFormat: "channelsLast" })
      .requiresGrad_();
    const weight = torch.randn([CHANNELS, CHANNELS, 3, 3]).requiresGrad_();
    const secondsOf = (precision: "float32" | "bfloat16"): number => {
      const began = performance.now();
      scope(() => {
        const convolve = () => torch.conv2d(image, weight, undefined, [1, 1], [1, 1]);
        const made = precision === "bfloat16" ? autocast("bfloat16", convolve) : convolve();
        grad([made], [image, weight], { gradOutputs: [noGrad(() => made.detach())] });
      });
      return performance.now() - began;
    };
    const least = { float32: Number.POSITIVE_INFINITY, bfloat16: Number.POSITIVE_INFINITY };
    for (let round = 0; round <= ROUNDS; round++)
      for (const precision of ["float32", "bfloat16"] as const) {
        const seconds = secondsOf(precision);
        // The first of each makes memory and plans that the others find.
        if (round > 0) least[precision] = Math.min(least[precision], seconds);
      }
    return least.bfloat16 / least.float32;
  });
}

/** A line where bfloat16 gains nothing on this processor, for who is about to train in it; undefined where it is faster. */
export function describeBfloat16(ratio: number): string | undefined {
  if (ratio < NOTHING) return undefined;
  return `bfloat16 gains nothing on this processor: a convolution takes ${ratio.toFixed(2)} times as long as in float32, measured just now; without --precision a run is in float32`;
}
