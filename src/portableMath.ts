/**
 * Elementary functions of float64 numbers, to within 1 ulp and the same to the bit in every JavaScript engine. Those of the host's
 * `Math` differ in their last bits from one engine to the next; only its `sqrt` is exact.
 *
 * After fdlibm: Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Permission to use, copy, modify, and distribute
 * this software is freely granted, provided that this notice is preserved.
 */
export const portableMath = { exp, log, sin, cos, sinTurns, cosTurns, atan2 } as const;

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
/** Which word has the sign and the exponent. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

function highWord(x: number): number {
  float[0] = x;
  return words[HIGH]!;
}

const LEAST_EXPONENT = -1074;
const POWERS = new Float64Array(1023 - LEAST_EXPONENT + 1);
for (let i = 0, power = Number.MIN_VALUE; i < POWERS.length; i++, power *= 2) POWERS[i] = power;

/** 2ⁿ for a whole n, −1074 ≤ n ≤ 1023. */
function powerOfTwo(n: number): number {
  return POWERS[n - LEAST_EXPONENT]!;
}

/** ln 2 in two parts: a whole number below 2²⁰ times the first is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

const E1 = 0.16666666666666602;
const E2 = -0.0027777777777015593;
const E3 = 0.00006613756321437934;
const E4 = -0.0000016533902205465252;
const E5 = 4.1381367970572385e-8;

function exp(x: number): number {
  if (!(x < 710)) return x * Infinity;
  if (x < -746) return 0;
  const n = Math.round(x * Math.LOG2E);
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  const z = r * r;
  const c = r - z * (E1 + z * (E2 + z * (E3 + z * (E4 + z * E5))));
  // 2ⁿ in two factors: it may be subnormal or beyond the largest number.
  const half = n >> 1;
  return (1 + ((r * c) / (2 - c) - low + high)) * powerOfTwo(half) * powerOfTwo(n - half);
}

const L1 = 0.6666666666666735;
const L2 = 0.3999999999940942;
const L3 = 0.2857142874366239;
const L4 = 0.22222198432149784;
const L5 = 0.1818357216161805;
const L6 = 0.15313837699209373;
const L7 = 0.14798198605116586;
const ROOT_HALF = 0x3fe6a09e;

/** The natural logarithm. */
function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? x : Number.NaN;
  const isSubnormal = x < 2.2250738585072014e-308;
  const normal = isSubnormal ? x * 18014398509481984 : x;
  // Counting from the bits of √½ lets the exponent change there.
  const exponent = (highWord(normal) - ROOT_HALF) >> 20;
  const n = exponent - (isSubnormal ? 54 : 0);
  const f = normal * powerOfTwo(-exponent) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const tail = z * (L1 + w * (L3 + w * (L5 + w * L7))) + w * (L2 + w * (L4 + w * L6));
  const half = 0.5 * f * f;
  return s * (half + tail) + n * LN2_LOW - half + f + n * LN2_HIGH;
}

const S1 = -0.16666666666666632;
const S2 = 0.00833333333332249;
const S3 = -0.0001984126982985795;
const S4 = 0.0000027557313707070068;
const S5 = -2.5050760253406863e-8;
const S6 = 1.58969099521155e-10;

/** sin(x + tail) for |x| ≤ π/4. */
function sineNear(x: number, tail: number): number {
  const z = x * x;
  const r = S2 + z * (S3 + z * S4) + z * (z * z) * (S5 + z * S6);
  const cube = z * x;
  return x - (z * (0.5 * tail - cube * r) - tail - cube * S1);
}

const C1 = 0.0416666666666666;
const C2 = -0.001388888888887411;
const C3 = 0.00002480158728947673;
const C4 = -2.7557314351390663e-7;
const C5 = 2.087572321298175e-9;
const C6 = -1.1359647557788195e-11;

/** cos(x + tail) for |x| ≤ π/4. */
function cosineNear(x: number, tail: number): number {
  const z = x * x;
  const w = z * z;
  const r = z * (C1 + z * (C2 + z * C3)) + w * w * (C4 + z * (C5 + z * C6));
  const half = 0.5 * z;
  const rest = 1 - half;
  return rest + (1 - rest - half + (z * r - x * tail));
}

/** sin(x + tail + quarters · π/2) for |x| ≤ π/4. */
function sineOf(x: number, tail: number, quarters: number): number {
  const value = (quarters & 1) === 0 ? sineNear(x, tail) : cosineNear(x, tail);
  return (quarters & 2) === 0 ? value : -value;
}

/** π/2 in parts of 33 bits, and what is left. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const;
/** Up to here a quarter's number times a part of π/2 is exact. */
const REDUCTION_LIMIT = 1e6;

/** sin(x + quarters · π/2). */
function sineAt(x: number, quarters: number): number {
  const size = Math.abs(x);
  if (size <= Math.PI / 4) return sineOf(x, 0, quarters);
  if (size >= REDUCTION_LIMIT) return size < Infinity ? sineFar(x, quarters) : Number.NaN;
  if (!(size < Infinity)) return Number.NaN;
  const n = Math.round(x * (2 / Math.PI));
  const first = x - n * HALF_PI[0];
  const second = first - n * HALF_PI[1];
  const third = second - n * HALF_PI[2];
  // What the last two subtractions have lost, and the last part.
  const lost = first - second - n * HALF_PI[1] + (second - third - n * HALF_PI[2]) - n * HALF_PI[3];
  const r = third + lost;
  return sineOf(r, third - r + lost, n + quarters);
}

const PLACES = 1200n;
/** The first binary places of 2/π. */
const TWO_OVER_PI = BigInt(
  '0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a73ee88235f5' +
    '2ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7' +
    'ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b',
);

/** The same far from 0, in whole numbers. */
function sineFar(x: number, quarters: number): number {
  // |x| = m · 2^e with a whole m of 53 bits; x · 2/π = product / 2^places.
  const high = highWord(Math.abs(x));
  const m = (BigInt((high & 0xfffff) | 0x100000) << 32n) | BigInt(words[1 - HIGH]! >>> 0);
  const places = PLACES - BigInt((high >> 20) - 1023 - 52);
  const product = m * TWO_OVER_PI;
  const nearest = (product + (1n << (places - 1n))) >> places;
  // What is left times π/2, in units of 2⁻²⁰⁰.
  const rest = ((product - (nearest << places)) << (PLACES + 200n - places)) / TWO_OVER_PI;
  const r = Number(rest);
  const tail = Number(rest - BigInt(r));
  const unit = powerOfTwo(-200);
  const n = Number(nearest & 3n);
  return x < 0 ? sineOf(-r * unit, -tail * unit, quarters - n) : sineOf(r * unit, tail * unit, quarters + n);
}

function sin(x: number): number {
  return sineAt(x, 0);
}

function cos(x: number): number {
  return sineAt(x, 1);
}

/** sin 2πx for 0 ≤ x ≤ 1. */
function sinTurns(x: number): number {
  const n = Math.round(4 * x);
  return sineOf((4 * x - n) * (Math.PI / 2), 0, n);
}

/** cos 2πx for 0 ≤ x ≤ 1. */
function cosTurns(x: number): number {
  const n = Math.round(4 * x);
  return sineOf((4 * x - n) * (Math.PI / 2), 0, n + 1);
}

const A1 = 0.3333333333333293;
const A2 = -0.19999999999876483;
const A3 = 0.14285714272503466;
const A4 = -0.11111110405462356;
const A5 = 0.09090887133436507;
const A6 = -0.0769187620504483;
const A7 = 0.06661073137387531;
const A8 = -0.058335701337905735;
const A9 = 0.049768779946159324;
const A10 = -0.036531572744216916;
const A11 = 0.016285820115365782;

/** atan(x) + high + low for |x| ≤ 7/16. */
function angleNear(x: number, high: number, low: number): number {
  const z = x * x;
  const w = z * z;
  const odd = z * (A1 + w * (A3 + w * (A5 + w * (A7 + w * (A9 + w * A11)))));
  const even = w * (A2 + w * (A4 + w * (A6 + w * (A8 + w * A10))));
  return high - (x * (odd + even) - low - x);
}

/** atan x for x ≥ 0, from the nearest of 0, atan ½, atan 1, atan 3/2 and atan ∞, which have two parts. */
function atan(x: number): number {
  if (x < 7 / 16) return angleNear(x, 0, 0);
  if (x < 11 / 16) return angleNear((2 * x - 1) / (2 + x), 0.4636476090008061, 2.2698777452961687e-17);
  if (x < 19 / 16) return angleNear((x - 1) / (x + 1), 0.7853981633974483, 3.061616997868383e-17);
  if (x < 39 / 16) return angleNear((x - 1.5) / (1 + 1.5 * x), 0.982793723247329, 1.3903311031230998e-17);
  return angleNear(-1 / x, 1.5707963267948966, 6.123233995736766e-17);
}

/** The angle of the point (x, y), in [−π, π]. */
function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const [up, across] = [Math.abs(y), Math.abs(x)];
  const isLeft = x < 0 || Object.is(x, -0);
  // Equal infinities and zeros have no quotient.
  const steepness = up === across ? Math.sign(up) : up / across;
  const toAxis = atan(steepness);
  // π has a second part.
  const fromLeft = steepness > 1e19 ? toAxis : Math.PI - (toAxis - 1.2246467991473532e-16);
  const angle = isLeft ? fromLeft : toAxis;
  return y < 0 || Object.is(y, -0) ? -angle : angle;
}
