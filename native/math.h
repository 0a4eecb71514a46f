// Elementary functions of W floats at once: the operations of src/engine/wasm/math/simd.ts in their order, and so its bits.
// Without -ffp-contract=off they are others. GCC needs -fno-math-errno beside it, or its square roots call libm.
#pragma once
#include "vector.h"

/** Of a float, a double or a vector: an instruction at every level, in GCC one for each element. */
#ifdef __clang__
#define EACH_F(name, x) __builtin_elementwise_##name(x)
#define SQRT(x) __builtin_elementwise_sqrt(x)
#else
#define EACH_F(name, x)                                                                                              \
  ({                                                                                                                 \
    F each;                                                                                                          \
    for (int i = 0; i < W; i++) each[i] = __builtin_##name##f((x)[i]);                                               \
    each;                                                                                                            \
  })
#define SQRT(x) __builtin_sqrt(x)
#endif

typedef int64_t L __attribute__((vector_size(8 * W), aligned(8)));

/** A number rounded from float64, as JavaScript's are. */
INLINE F f32(double x) { return splat((float)x); }

INLINE F vsqrt(F x) { return EACH_F(sqrt, x); }
INLINE F vceil(F x) { return EACH_F(ceil, x); }
INLINE F vfloor(F x) { return EACH_F(floor, x); }
/** Ties to even. */
INLINE F vnearest(F x) { return EACH_F(roundeven, x); }
/** NaN where one is NaN; −0 < +0, whose bits are all in both. */
INLINE F vmax(F a, F b) {
  return choose(a == b, floats(bits(a) & bits(b)), choose((a < b) | (b != b), b, a));
}
INLINE F vmin(F a, F b) {
  return choose(a == b, floats(bits(a) | bits(b)), choose((b < a) | (b != b), b, a));
}
/** The whole part as an integer, or the nearest there is; of NaN 0. */
INLINE I vtruncsat(F x) {
  const F end = f32(2147483648.0);
  const F above = choose(x < -end, -end, x);
  // C leaves open what a conversion of other floats gives.
  const I inside = __builtin_convertvector(choose(above < end, above, f32(0)), I);
  return ichoose(x >= end, isplat(INT32_MAX), inside);
}
/** The low 32 bits of the whole part; of NaN and infinities 0. */
INLINE I vwrapped(F x) {
  const F turns = vfloor(x * f32(1 / 4294967296.0));
  const F low = x - turns * f32(4294967296.0);
  const F wrapped = choose(low >= f32(2147483648.0), low - f32(4294967296.0), low);
  return vtruncsat(choose(vabs(x) < f32(2147483648.0), x, wrapped));
}

/** a + b, a − b and a · 2ⁿ of integers that wrap. */
INLINE I iadd(I a, I b) { return (I)((U)a + (U)b); }
INLINE I isub(I a, I b) { return (I)((U)a - (U)b); }
INLINE I shiftLeft(I a, int n) { return (I)((U)a << n); }
/** `to` with the sign of `from` where it has none. */
INLINE F orSign(F to, F from) { return floats(bits(to) | (bits(from) & isplat(INT32_MIN))); }

/** Horner's scheme, from the last coefficient on. */
INLINE F polynomial(F x, const double *coefficients, int count) {
  F sum = f32(coefficients[count - 1]);
  for (int i = count - 2; i >= 0; i--) sum = sum * x + f32(coefficients[i]);
  return sum;
}
#define POLYNOMIAL(x, ...)                                                                                           \
  polynomial(x, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

#define LN2 0.6931471805599453
#define LOG2E 1.4426950408889634
#define ROUNDER 12582912.0
#define FLOAT_LN2_HIGH 0.693359375
#define FLOAT_LN2_LOW (LN2 - FLOAT_LN2_HIGH)

/** 2ⁿ for −126 ≤ n ≤ 127; only the low nine bits of n count. */
INLINE F powerOfTwo(I n) { return floats(shiftLeft(iadd(n, isplat(127)), 23)); }

/** x = n ln 2 + r: eʳ − 1, and n in the low bits of `power`. */
INLINE F reduced(F x, I *power) {
  const F shifted = x * f32(LOG2E) + f32(ROUNDER);
  const F n = shifted - f32(ROUNDER);
  const F high = x - n * f32(FLOAT_LN2_HIGH);
  const F low = n * f32(FLOAT_LN2_LOW);
  const F r = high - low;
  const F lost = (high - r) - low;
  const F tail = POLYNOMIAL(r, 0.5, 0.16666573381900845, 0.04166655011030512, 0.008363773874405574,
                            0.0013926926614021907);
  *power = bits(shifted);
  return (tail * (r * r) + lost) + r;
}

/** eˣ = (1 + remainder) · a · b. */
INLINE F expParts(F x, F *a, F *b) {
  I power;
  const F remainder = reduced(pmin(pmax(x, f32(-104)), f32(89)), &power);
  const I half = power >> 1;
  *a = powerOfTwo(half);
  *b = powerOfTwo(isub(power, half));
  return remainder;
}

INLINE F vexp(F x) {
  F a, b;
  const F remainder = expParts(x, &a, &b);
  return (remainder + f32(1)) * a * b;
}

INLINE F vexpm1(F x) {
  I power;
  const F remainder = reduced(pmin(pmax(x, f32(-20)), f32(89)), &power);
  const F half = powerOfTwo(isub(power, isplat(1)));
  const F sum = remainder * half + (half - f32(0.5));
  return orSign(sum * f32(2), x);
}

INLINE F vtanh(F x) {
  const F bounded = pmin(pmax(x, f32(-9.1)), f32(9.1));
  const F shifted = bounded * f32(2 * LOG2E) + f32(ROUNDER);
  const F y = bounded - (shifted - f32(ROUNDER)) * f32(LN2 / 2);
  const F square = y * y;
  const F u = y + y * square * POLYNOMIAL(square, -0.3333333134651184, 0.13332238793373108, -0.05299460142850876);
  const F s = floats(iadd(shiftLeft(bits(shifted), 23), isplat(0x3f800000)));
  const F less = s - f32(1);
  const F more = s + f32(1);
  return orSign((less + u * more) / (more + u * less), x);
}

/** In float64 from e = exp(−|x|) on. */
INLINE F vsigmoid(F x) {
  F a, b;
  const F remainder = expParts(vneg(vabs(x)), &a, &b);
  D one;
  for (int i = 0; i < W; i++) one[i] = 1;
  const D e = (__builtin_convertvector(remainder, D) + one) * __builtin_convertvector(a, D) *
              __builtin_convertvector(b, D);
  const L isNegative = __builtin_convertvector((I)(x < f32(0)), L);
  const D above = (D)((isNegative & (L)e) | (~isNegative & (L)one));
  return __builtin_convertvector(above / (e + one), F);
}

#define ROOT_HALF_BITS 0x3f3504f3

/** x = (1 + f) 2ⁿ with 1 + f between √½ and √2; x is positive and normal. */
INLINE F logParts(F x, I *n) {
  const I fromRoot = isub(bits(x), isplat(ROOT_HALF_BITS));
  *n = fromRoot >> 23;
  return floats(iadd(fromRoot & isplat(0x007fffff), isplat(ROOT_HALF_BITS))) - f32(1);
}

/** log(1 + f) + n ln 2 */
INLINE F logOfParts(F n, F f) {
  const F square = f * f;
  const F series =
      POLYNOMIAL(f, 0.3333333118003005, -0.24999996957950882, 0.20000715748892103, -0.16667802319501254,
                 0.1424905764569748, -0.12425687331451106, 0.1168541992348674, -0.11479733846637637,
                 0.06971611471451178);
  const F tail = series * f * square - square * f32(0.5);
  const F low = n * f32(FLOAT_LN2_LOW) + tail;
  return (low + f) + n * f32(FLOAT_LN2_HIGH);
}

INLINE F vlog(F x) {
  const F infinity = f32(__builtin_inf());
  const I isSubnormal = x < f32(0x1p-126);
  I n;
  const F f = logParts(choose(isSubnormal, x * f32(8388608.0), x), &n);
  const F exponent = vfloat(n) - floats(isSubnormal & bits(f32(23)));
  const F finite = logOfParts(exponent, f);
  const F above = choose(x == infinity, x, finite);
  const F atZero = choose(x == f32(0), -infinity, above);
  return choose(x >= f32(0), atZero, f32(__builtin_nan("")));
}

INLINE F vlog1p(F x) {
  const F infinity = f32(__builtin_inf());
  const F sum = x + f32(1);
  const F lost = choose(x > f32(1), f32(1) - (sum - x), x - (sum - f32(1)));
  I n;
  const F f = logParts(sum, &n);
  const F scale = powerOfTwo(isub(isplat(0), ichoose(n < isplat(25), n, isplat(25))));
  const F finite = logOfParts(vfloat(n), f + lost * scale);
  const F above = choose((vabs(x) < f32(0x1p-25)) | (x == infinity), x, finite);
  const F atEnd = choose(x == f32(-1), -infinity, above);
  return choose(x >= f32(-1), atEnd, f32(__builtin_nan("")));
}

INLINE F vsoftplus(F x) {
  const F decay = vexp(vneg(vabs(x)));
  return pmax(x, f32(0)) + vlog1p(decay);
}
