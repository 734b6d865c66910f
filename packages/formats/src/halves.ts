/** Numbers in 16 bits, which JavaScript has no arrays of. */
interface Half {
  toNumber(bits: number): number;
  /** The bits of the nearest such number, of two the even one, as PyTorch rounds. */
  fromNumber(value: number): number;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function bitsOf(value: number): number {
  single[0] = value;
  return singleBits[0] as number;
}

/** The upper half of float32. */
export const bfloat16: Half = {
  toNumber(bits) {
    singleBits[0] = bits << 16;
    return single[0] as number;
  },
  fromNumber(value) {
    if (Number.isNaN(value)) return 0x7fc0;
    const bits = bitsOf(value);
    return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  },
};

/** IEEE 754 binary16. */
export const float16: Half = {
  toNumber(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1024 + fraction) * 2 ** (exponent - 25);
  },
  fromNumber(value) {
    if (Number.isNaN(value)) return 0x7e00;
    const bits = bitsOf(value);
    const sign = (bits >>> 16) & 0x8000;
    const size = Math.abs(value);
    // Half of the step beyond the largest number rounds to infinity.
    if (size >= 65520) return sign | 0x7c00;
    const exponent = Math.max(((bits >>> 23) & 0xff) - 127, -14);
    // What rounds up to the next power of two carries into the exponent by itself; below 2^-14 there is none.
    const fraction = roundToEven(size * 2 ** (10 - exponent));
    return sign | (((exponent + 14) << 10) + fraction);
  },
};

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
