// Elementwise operations on strips of n elements. What lies beyond, up to a whole vector, is read but not written.
#pragma once
#include "math.h"
#include "scalar.h"

/** d = f(a, b, c), with a number that belongs to the operation. */
typedef void Strip(float *d, const float *a, const float *b, const float *c, int n, float parameter);

INLINE F load(const float *at) { return *(const F *)at; }
INLINE I iload(const float *at) { return *(const I *)at; }
/** Few elements, by two vectors that overlap: a call would take longer. */
INLINE void copyRow(float *to, const float *from, int n) {
#define TWICE(size)                                                                                                  \
  if (n >= size && n <= 2 * size) {                                                                                  \
    typedef float Some __attribute__((vector_size(4 * size), aligned(4)));                                           \
    const Some first = *(const Some *)from, last = *(const Some *)(from + n - size);                                 \
    *(Some *)to = first;                                                                                             \
    *(Some *)(to + n - size) = last;                                                                                 \
    return;                                                                                                          \
  }
  TWICE(8) TWICE(4) TWICE(2)
#undef TWICE
  if (n == 1) *to = *from;
  else memcpy(to, from, 4 * (size_t)n);
}

/** The first n elements of a vector: apart, so that a loop's vectors need no memory. */
static __attribute__((noinline)) void storePart(float *at, F v, int n) { copyRow(at, (const float *)&v, n); }
static __attribute__((noinline)) void scatterLanes(float *to, F v, int64_t stride, int lanes) {
  for (int i = 0; i < lanes; i++) to[i * stride] = v[i];
}

#define STRIP(name, value)                                                                                           \
  static void name(float *d, const float *a, const float *b, const float *c, int n, float parameter) {               \
    (void)b, (void)c, (void)parameter;                                                                               \
    int i = 0;                                                                                                       \
    for (const int whole = n - n % W; i < whole; i += W) *(F *)(d + i) = value;                                      \
    if (i < n) storePart(d + i, value, n - i);                                                                       \
  }
/** Of floats x, y, z; of integers or masks p, q, r. */
#define x load(a + i)
#define y load(b + i)
#define z load(c + i)
#define p iload(a + i)
#define q iload(b + i)
#define r iload(c + i)
#define FLOAT(name, value) STRIP(name, value)
#define INTEGER(name, value) STRIP(name, floats(value))

FLOAT(addF, x + y)
FLOAT(subF, x - y)
FLOAT(mulF, x * y)
FLOAT(divF, x / y)
FLOAT(maxF, vmax(x, y))
FLOAT(minF, vmin(x, y))
INTEGER(equalF, (I)(x == y))
INTEGER(lessF, (I)(x < y))
INTEGER(lessOrEqualF, (I)(x <= y))
INTEGER(greaterF, (I)(x > y))
INTEGER(greaterOrEqualF, (I)(x >= y))
FLOAT(negF, vneg(x))
FLOAT(absF, vabs(x))
FLOAT(sqrtF, vsqrt(x))
FLOAT(ceilF, vceil(x))
FLOAT(floorF, vfloor(x))
FLOAT(roundF, vnearest(x))
FLOAT(reciprocalF, splat(1) / x)
FLOAT(reluF, pmax(x, splat(0)))
FLOAT(clipF, pmin(pmax(x, y), z))
INTEGER(isNaN, (I)(x != x))
INTEGER(isInf, (I)(vabs(x) == splat(__builtin_inff())))
FLOAT(expF, vexp(x))
FLOAT(logF, vlog(x))
FLOAT(log1pF, vlog1p(x))
FLOAT(expm1F, vexpm1(x))
FLOAT(softplusF, vsoftplus(x))
FLOAT(tanhF, vtanh(x))
FLOAT(sigmoidF, vsigmoid(x))

INLINE F sign(F v) {
  const F one = floats((bits(v) & isplat(INT32_MIN)) | bits(splat(1)));
  return choose((I)(v < splat(0)) | (I)(v > splat(0)), one, v);
}
FLOAT(signF, sign(x))

/** v where positive, alpha (eᵛ − 1) elsewhere. */
static __attribute__((noinline)) F elu(F v, float alpha) { return choose((I)(v > splat(0)), v, vexpm1(v) * splat(alpha)); }
FLOAT(eluF, elu(x, parameter))
FLOAT(seluF, elu(x, 1.6732632423543772f) * splat(1.0507009873554805f))
FLOAT(leakyReluF, choose((I)(x < splat(0)), x * splat(parameter), x))

// Integers wrap.
INTEGER(addI, (I)((U)p + (U)q))
INTEGER(subI, (I)((U)p - (U)q))
INTEGER(mulI, (I)((U)p * (U)q))
INTEGER(maxI, ichoose(p > q, p, q))
INTEGER(minI, ichoose(p < q, p, q))
INTEGER(equalI, p == q)
INTEGER(lessI, p < q)
INTEGER(lessOrEqualI, p <= q)
INTEGER(greaterI, p > q)
INTEGER(greaterOrEqualI, p >= q)
INTEGER(and, p & q)
INTEGER(or, p | q)
INTEGER(not, ~p)
INTEGER(where, ichoose(p, q, r))
INTEGER(negI, (I)(-(U)p))
INTEGER(absI, (I)(((U)p ^ (U)(p >> 31)) - (U)(p >> 31)))
INTEGER(reluI, ichoose(p > isplat(0), p, isplat(0)))
INLINE I clip(I v, I low, I high) {
  const I above = ichoose(v > low, v, low);
  return ichoose(above < high, above, high);
}
INTEGER(clipI, clip(p, q, r))
INTEGER(signI, (p < isplat(0)) - (p > isplat(0)))
INTEGER(copy, p)
INTEGER(floatToInteger, vwrapped(x))
INTEGER(floatToMask, (I)(x != splat(0)))
FLOAT(integerToFloat, vfloat(p))
INTEGER(integerToMask, p != isplat(0))
INTEGER(maskToFloat, p & bits(splat(1)))
INTEGER(maskToInteger, p & isplat(1))

#define LANES(name, type, value)                                                                                     \
  static void name(float *d, const float *a, const float *b, const float *c, int n, float parameter) {               \
    (void)b, (void)c, (void)parameter;                                                                               \
    for (int i = 0; i < n; i++) {                                                                                    \
      type u, v;                                                                                                     \
      memcpy(&u, a + i, 4);                                                                                          \
      memcpy(&v, b + i, 4);                                                                                          \
      const type result = value;                                                                                     \
      memcpy(d + i, &result, 4);                                                                                     \
    }                                                                                                                \
  }

/** Towards 0; by 0 it gives 0, and the most negative number by −1 itself, where the processor would stop. */
INLINE int32_t quotient(int32_t u, int32_t v) { return v == 0 ? 0 : v == -1 ? (int32_t)(0u - (uint32_t)u) : u / v; }
/** The remainder with the divisor's sign; by 0 it is 0, as that by 1. */
INLINE int32_t modulo(int32_t u, int32_t v) {
  const int32_t divisor = v == 0 ? 1 : v;
  const int32_t rest = divisor == -1 ? 0 : u % divisor;
  return (rest ^ v) < 0 && rest != 0 ? rest + v : rest;
}
/** By squares, of which the low 32 bits stay; by a negative number the whole part of what comes out. */
INLINE int32_t power(int32_t base, int32_t exponent) {
  if (exponent < 0) return base == 1 || (base == -1 && (exponent & 1) == 0) ? 1 : base == -1 ? -1 : 0;
  uint32_t result = 1;
  uint32_t square = (uint32_t)base;
  for (int32_t rest = exponent; rest != 0; rest >>= 1, square *= square) if (rest & 1) result *= square;
  return (int32_t)result;
}
LANES(divI, int32_t, quotient(u, v))
LANES(modI, int32_t, modulo(u, v))
LANES(powI, int32_t, power(u, v))

LANES(modF, float, (float)s_fmod(u, v))
LANES(powF, float, (float)s_pow(u, v))
#define SCALAR(name, function) LANES(name, float, ((void)v, (float)function(u)))
SCALAR(acosF, s_acos)
SCALAR(acoshF, s_acosh)
SCALAR(asinF, s_asin)
SCALAR(asinhF, s_asinh)
SCALAR(atanF, s_atan)
SCALAR(atanhF, s_atanh)
SCALAR(cosF, s_cos)
SCALAR(coshF, s_cosh)
SCALAR(erfF, s_erf)
SCALAR(sinF, s_sin)
SCALAR(sinhF, s_sinh)
SCALAR(tanF, s_tan)
#undef x
#undef y
#undef z
#undef p
#undef q
#undef r

/** Each operation by its name in a graph, and the type of its first operand; for casts also that of the result. */
#define BY_VECTOR(_)                                                                                                 \
  _("copy", copy) _("Add f32", addF) _("Sub f32", subF) _("Mul f32", mulF) _("Div f32", divF) _("Max f32", maxF)     \
  _("Min f32", minF) _("Equal f32", equalF) _("Less f32", lessF) _("LessOrEqual f32", lessOrEqualF)                  \
  _("Greater f32", greaterF) _("GreaterOrEqual f32", greaterOrEqualF) _("Neg f32", negF) _("Abs f32", absF)          \
  _("Sqrt f32", sqrtF) _("Ceil f32", ceilF) _("Floor f32", floorF) _("Round f32", roundF)                            \
  _("Reciprocal f32", reciprocalF) _("Relu f32", reluF) _("Clip f32", clipF) _("Sign f32", signF)                    \
  _("IsNaN f32", isNaN) _("IsInf f32", isInf) _("Exp f32", expF) _("Log f32", logF) _("Log1p f32", log1pF)           \
  _("Expm1 f32", expm1F) _("Softplus f32", softplusF) _("Tanh f32", tanhF) _("Sigmoid f32", sigmoidF)                \
  _("Elu f32", eluF) _("Selu f32", seluF) _("LeakyRelu f32", leakyReluF) _("Add i32", addI) _("Sub i32", subI)       \
  _("Mul i32", mulI) _("Max i32", maxI) _("Min i32", minI) _("Equal i32", equalI) _("Less i32", lessI)               \
  _("LessOrEqual i32", lessOrEqualI) _("Greater i32", greaterI) _("GreaterOrEqual i32", greaterOrEqualI)             \
  _("Neg i32", negI) _("Abs i32", absI) _("Relu i32", reluI) _("Clip i32", clipI) _("Sign i32", signI)               \
  _("And mask", and) _("Or mask", or) _("Not mask", not) _("Where mask", where) _("Cast f32 i32", floatToInteger)    \
  _("Cast f32 mask", floatToMask) _("Cast i32 f32", integerToFloat) _("Cast i32 mask", integerToMask)                \
  _("Cast mask f32", maskToFloat) _("Cast mask i32", maskToInteger)
/** One element after another. */
#define BY_LANE(_)                                                                                                   \
  _("Mod f32", modF) _("Pow f32", powF) _("Acos f32", acosF) _("Acosh f32", acoshF) _("Asin f32", asinF)             \
  _("Asinh f32", asinhF) _("Atan f32", atanF) _("Atanh f32", atanhF) _("Cos f32", cosF) _("Cosh f32", coshF)         \
  _("Erf f32", erfF) _("Fmod f32", modF) _("Sin f32", sinF) _("Sinh f32", sinhF) _("Tan f32", tanF)                  \
  _("Div i32", divI) _("Mod i32", modI) _("Pow i32", powI)
#define NAME(name, function) name,
#define FUNCTION(name, function) function,
static const char *const operationNames[] = {BY_VECTOR(NAME) BY_LANE(NAME)};
static Strip *const operationStrips[] = {BY_VECTOR(FUNCTION) BY_LANE(FUNCTION)};
#define OPERATION_COUNT ((int)(sizeof operationStrips / sizeof *operationStrips))
#define ONE(name, function) +1
/** From this number on operations go element by element. */
#define FIRST_BY_LANE (0 BY_VECTOR(ONE))
