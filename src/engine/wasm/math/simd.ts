import { type Code, type Expression, f32x4, f64, hold, i32, i32x4, op, shuffle } from '../code.ts';

/**
 * Elementary functions of four floats at once, each accurate to about an ulp. Multiplications and additions are rounded apart,
 * so that the bits are the same on every machine. Polynomials are Chebyshev interpolants on the reduced interval. `x` is read
 * several times: a local variable or a constant.
 */
export type SimdFunction = (code: Code, x: Expression) => Expression;

const add = (a: Expression, b: Expression): Expression => op('f32x4.add', a, b);
const sub = (a: Expression, b: Expression): Expression => op('f32x4.sub', a, b);
const mul = (a: Expression, b: Expression): Expression => op('f32x4.mul', a, b);
const div = (a: Expression, b: Expression): Expression => op('f32x4.div', a, b);
/** `mask ? a : b`, lane by lane. */
const choose = (mask: Expression, a: Expression, b: Expression): Expression => op('v128.bitselect', a, b, mask);

/** c₀ + c₁x + c₂x² + … */
function polynomial(x: Expression, coefficients: readonly number[]): Expression {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, coefficient) => add(mul(sum, x), f32x4(coefficient)), f32x4(coefficients.at(-1)!));
}

/** Adding it to a small float rounds that to a whole number, which is then in the low bits: those of ROUNDER itself are 0, and of its half. */
const ROUNDER = 1.5 * 2 ** 23;
/** ln 2 in two parts; a whole number below 2⁹ times the first is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2. */
const EXP_TAIL = [0.5, 0.16666573381900845, 0.04166655011030512, 0.008363773874405574, 0.0013926926614021907];

/** x = n ln 2 + r with |r| ≤ ½ ln 2: eʳ − 1, and n in the low bits of `power`. |x| is at most 128. */
function reduced(code: Code, x: Expression): { power: Expression; remainder: Expression } {
  const shifted = hold(code, add(mul(x, f32x4(Math.LOG2E)), f32x4(ROUNDER)));
  const n = hold(code, sub(shifted, f32x4(ROUNDER)));
  const high = hold(code, sub(x, mul(n, f32x4(LN2_HIGH))));
  const low = hold(code, mul(n, f32x4(LN2_LOW)));
  const r = hold(code, sub(high, low));
  // What r loses to rounding.
  const lost = sub(sub(high, r), low);
  const remainder = hold(code, add(add(mul(polynomial(r, EXP_TAIL), mul(r, r)), lost), r));
  return { power: shifted, remainder };
}

/** 2ⁿ for −126 ≤ n ≤ 127; only the low nine bits of n count. */
const powerOfTwo = (n: Expression): Expression => op('i32x4.shl', op('i32x4.add', n, i32x4(127)), i32(23));

/** eˣ = (1 + remainder) · 2^a · 2^b, in two factors since one may be subnormal or beyond the largest float. */
function expParts(code: Code, x: Expression): { remainder: Expression; factors: readonly [Expression, Expression] } {
  // Where the result is 0 or infinite in float32 in any case; NaN passes, since it is not less.
  const bounded = hold(code, op('f32x4.pmin', op('f32x4.pmax', x, f32x4(-104)), f32x4(89)));
  const { power, remainder } = reduced(code, bounded);
  const half = hold(code, op('i32x4.shr_s', power, i32(1)));
  return { remainder, factors: [powerOfTwo(half), powerOfTwo(op('i32x4.sub', power, half))] };
}

export const exp: SimdFunction = (code, x) => {
  const { remainder, factors } = expParts(code, x);
  return mul(mul(add(remainder, f32x4(1)), factors[0]), factors[1]);
};

/** eˣ − 1, with its relative accuracy down to 0. */
export const expm1: SimdFunction = (code, x) => {
  // Below −17.4 the result is −1; far beyond, the remainder alone would overflow.
  const bounded = hold(code, op('f32x4.pmin', op('f32x4.pmax', x, f32x4(-20)), f32x4(89)));
  const { power, remainder } = reduced(code, bounded);
  // Half of 2ⁿ and twice the sum: 2¹²⁸ is no float.
  const half = hold(code, powerOfTwo(op('i32x4.sub', power, i32x4(1))));
  const sum = add(mul(remainder, half), sub(half, f32x4(0.5)));
  return op('v128.or', mul(sum, f32x4(2)), op('v128.and', x, i32x4(-0x80000000)));
};

/** Beyond it tanh is ±1 in float32. */
const TANH_LIMIT = 9.1;
/** (tanh(y)/y − 1) / y² by y² for |y| ≤ ¼ ln 2. */
const TANH_TAIL = [-0.3333333134651184, 0.13332238793373108, -0.05299460142850876];

/**
 * x = n·½ ln 2 + y with |y| ≤ ¼ ln 2. By the addition theorem, with u = tanh y and s = 2ⁿ, of which (s − 1)/(s + 1) is the tanh of
 * n·½ ln 2: tanh x = ((s − 1) + u(s + 1)) / ((s + 1) + u(s − 1)). It never passes ±1, and is u where n = 0.
 */
export const tanh: SimdFunction = (code, x) => {
  const bounded = hold(code, op('f32x4.pmin', op('f32x4.pmax', x, f32x4(-TANH_LIMIT)), f32x4(TANH_LIMIT)));
  const shifted = hold(code, add(mul(bounded, f32x4(2 * Math.LOG2E)), f32x4(ROUNDER)));
  const y = hold(code, sub(bounded, mul(sub(shifted, f32x4(ROUNDER)), f32x4(Math.LN2 / 2))));
  const square = hold(code, mul(y, y));
  const u = hold(code, add(y, mul(mul(y, square), polynomial(square, TANH_TAIL))));
  // The low bits of `shifted` are n; the shift drops what is above them.
  const s = hold(code, op('i32x4.add', op('i32x4.shl', shifted, i32(23)), i32x4(0x3f800000)));
  const less = hold(code, sub(s, f32x4(1)));
  const more = hold(code, add(s, f32x4(1)));
  const quotient = div(add(less, mul(u, more)), add(more, mul(u, less)));
  // The sign of −0 is lost on the way.
  return op('v128.or', quotient, op('v128.and', x, i32x4(-0x80000000)));
};

/** 1 / (1 + e) or e / (1 + e) with e = exp(−|x|). In float64 from e on, since three roundings would make more than 2 ulp. */
export const sigmoid: SimdFunction = (code, x) => {
  const { remainder, factors } = expParts(code, hold(code, op('f32x4.neg', op('f32x4.abs', x))));
  const parts = [remainder, ...factors].map((part) => hold(code, part));
  const one: Expression = op('f64x2.splat', f64(1));
  const isNegative = hold(code, op('f32x4.lt', x, f32x4(0)));
  const [low, high] = [0, 2].map((first) => {
    const pair = (v: Expression): Expression => shuffle(v, v, [first, first + 1, first, first + 1]);
    const [rest, a, b] = parts.map((part) => op('f64x2.promote_low_f32x4', pair(part)));
    const e = hold(code, op('f64x2.mul', op('f64x2.mul', op('f64x2.add', rest!, one), a!), b!));
    const isNegativePair = shuffle(isNegative, isNegative, [first, first, first + 1, first + 1]);
    return op('f32x4.demote_f64x2_zero', op('f64x2.div', choose(isNegativePair, e, one), op('f64x2.add', e, one)));
  });
  return shuffle(low!, high!, [0, 1, 4, 5]);
};

/** (log(1 + f) − f + f²/2) / f³ for √½ ≤ 1 + f < √2. */
const LOG_TAIL = [
  0.3333333118003005, -0.24999996957950882, 0.20000715748892103, -0.16667802319501254, 0.1424905764569748,
  -0.12425687331451106, 0.1168541992348674, -0.11479733846637637, 0.06971611471451178,
];
const SMALLEST_NORMAL = 2 ** -126;
/** The bits of √½: counting from them lets the exponent change there. */
const ROOT_HALF_BITS = 0x3f3504f3;

/** n and 1 + f between √½ and √2 of which x = (1 + f) 2ⁿ; x is positive and normal. */
function parts(code: Code, x: Expression): { n: Expression; f: Expression } {
  const fromRoot = hold(code, op('i32x4.sub', x, i32x4(ROOT_HALF_BITS)));
  const n = hold(code, op('i32x4.shr_s', fromRoot, i32(23)));
  const mantissa = op('i32x4.add', op('v128.and', fromRoot, i32x4(0x007fffff)), i32x4(ROOT_HALF_BITS));
  return { n, f: sub(mantissa, f32x4(1)) };
}

/** log(1 + f) + n ln 2 */
function logOfParts(code: Code, n: Expression, f: Expression): Expression {
  const square = hold(code, mul(f, f));
  const tail = sub(mul(mul(polynomial(f, LOG_TAIL), f), square), mul(square, f32x4(0.5)));
  const low = add(mul(n, f32x4(LN2_LOW)), tail);
  return add(add(low, f), mul(n, f32x4(LN2_HIGH)));
}

export const log: SimdFunction = (code, x) => {
  const isSubnormal = hold(code, op('f32x4.lt', x, f32x4(SMALLEST_NORMAL)));
  const { n, f } = parts(code, hold(code, choose(isSubnormal, mul(x, f32x4(2 ** 23)), x)));
  const exponent = sub(op('f32x4.convert_i32x4_s', n), op('v128.and', isSubnormal, f32x4(23)));
  const finite = hold(code, logOfParts(code, hold(code, exponent), hold(code, f)));
  // +∞ stays, ±0 gives −∞, what is negative or NaN gives NaN.
  const above = hold(code, choose(op('f32x4.eq', x, f32x4(Infinity)), x, finite));
  const atZero = hold(code, choose(op('f32x4.eq', x, f32x4(0)), f32x4(-Infinity), above));
  return choose(op('f32x4.ge', x, f32x4(0)), atZero, f32x4(Number.NaN));
};

/** log(1 + x), with its relative accuracy down to 0: what 1 + x loses to rounding is added to f. */
export const log1p: SimdFunction = (code, x) => {
  const sum = hold(code, add(x, f32x4(1)));
  // The loss is exact if the smaller number is taken from the larger one, in this order.
  const isLarge = op('f32x4.gt', x, f32x4(1));
  const lost = hold(code, choose(isLarge, sub(f32x4(1), sub(sum, x)), sub(x, sub(sum, f32x4(1)))));
  const { n, f } = parts(code, sum);
  // From 2²⁵ on nothing is left of 1, and 2⁻ⁿ may not be a float.
  const scale = powerOfTwo(op('i32x4.sub', i32x4(0), op('i32x4.min_s', n, i32x4(25))));
  const exact = hold(code, add(f, mul(lost, scale)));
  const finite = hold(code, logOfParts(code, hold(code, op('f32x4.convert_i32x4_s', n)), exact));
  // The sign of −0 is lost on the way; a tiny x would be multiplied below the smallest float.
  const isTiny = op('f32x4.lt', op('f32x4.abs', x), f32x4(2 ** -25));
  const above = hold(code, choose(op('v128.or', isTiny, op('f32x4.eq', x, f32x4(Infinity))), x, finite));
  const atEnd = hold(code, choose(op('f32x4.eq', x, f32x4(-1)), f32x4(-Infinity), above));
  return choose(op('f32x4.ge', x, f32x4(-1)), atEnd, f32x4(Number.NaN));
};

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|) */
export const softplus: SimdFunction = (code, x) => {
  const decay = hold(code, exp(code, hold(code, op('f32x4.neg', op('f32x4.abs', x)))));
  return add(op('f32x4.pmax', x, f32x4(0)), hold(code, log1p(code, decay)));
};
