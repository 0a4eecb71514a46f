// Functions of one or two doubles that are floats by value: the operations of src/engine/wasm/math/scalar.ts in their order, and
// so its bits. One unit for all levels.
#include "scalar.h"

#include "math.h"

INLINE uint64_t wordOf(double x) {
  uint64_t word;
  memcpy(&word, &x, 8);
  return word;
}
INLINE double doubleOf(uint64_t word) {
  double x;
  memcpy(&x, &word, 8);
  return x;
}
INLINE double s_abs(double x) { return __builtin_fabs(x); }
INLINE double s_sign(double size, double from) { return __builtin_copysign(size, from); }
/** The whole number of a double in int32's range; of NaN 0. */
INLINE int32_t s_integer(double whole) { return whole == whole ? (int32_t)whole : 0; }

#define INFINITE __builtin_inf()
#define NO_NUMBER __builtin_nan("")
#define PI 3.141592653589793

/** Horner's scheme, from the last coefficient on. */
INLINE double s_polynomial(double x, const double *coefficients, int count) {
  double sum = coefficients[count - 1];
  for (int i = count - 2; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}
#define SERIES(x, ...)                                                                                               \
  s_polynomial(x, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/** eˣ; 0 below −700, and ∞ above 700, which is far beyond float32. */
static double s_exp(double x) {
  const double bounded = x < -700 ? -700 : x > 700 ? 700 : x;
  const double n = __builtin_roundeven(bounded * LOG2E);
  const double r = (bounded - n * 0.6931471803691238) - n * 1.9082149292705877e-10;
  const double scale = doubleOf((uint64_t)(uint32_t)(s_integer(n) + 1023) << 52);
  const double tail =
      SERIES(r, 0.5, 0.16666666666646782, 0.0416666666666501, 0.008333333354971901, 0.0013888888906916628,
             0.00019841206274785362, 2.4801534341237885e-5, 2.7626466044935e-6, 2.7614931875440477e-7);
  return (tail * (r * r) + r + 1) * scale;
}

/** log x for a normal x > 0. */
static double s_log(double x) {
  const uint64_t root = 0x3fe6a09e667f3bcd;
  const uint64_t fromRoot = wordOf(x) - root;
  const double n = (double)((int64_t)fromRoot >> 52);
  const double m = doubleOf((fromRoot & 0x000fffffffffffff) + root);
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  const double tail = SERIES(z, 0.3333333333333335, 0.1999999999994661, 0.14285714314405498, 0.11111105337119258,
                             0.09091461256757971, 0.07665308653371652, 0.0731501568206143) *
                      z * s;
  return (n * 1.9082149292705877e-10 + 2 * (tail + s)) + n * 0.6931471803691238;
}

/** atan x: |x| above 1 by π/2 − atan(1/x), and above tan(π/8) by π/4 + atan((a − 1)/(a + 1)). */
double s_atan(double x) {
  const double size = s_abs(x);
  const double a = size > 1 ? 1 / size : size;
  const int isMiddle = a > 1.4142135623730951 - 1;
  const double r = isMiddle ? (a - 1) / (a + 1) : a;
  const double z = r * r;
  const double small = SERIES(z, -0.3333333333333049, 0.19999999997365642, -0.1428571388233816, 0.11111087223232045,
                              -0.09090196231897173, 0.07680251818955892, -0.06545099535726363, 0.05146799830479534,
                              -0.026894626164810084) *
                           z * r +
                       r;
  const double upToOne = isMiddle ? small + PI / 4 : small;
  return s_sign(size > 1 ? PI / 2 - upToOne : upToOne, x);
}

/** The first 224 binary places of 2/π. */
static const uint32_t twoOverPi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                     0xdb629599, 0x3c439041, 0xfe5163ab};

/** 32 of these places from `first` on. */
INLINE uint64_t placesOfTwoOverPi(int first) {
  const int at = first / 32;
  return (((uint64_t)twoOverPi[at] << 32 | twoOverPi[at + 1]) << (first % 32)) >> 32;
}

/** x = (π/2)·n + r with |r| ≤ π/4: r, and n modulo 4. */
static double quadrant(double x, uint32_t *n) {
  if (s_abs(x) < 33554432) {
    const double count = __builtin_roundeven(x * (2 / PI));
    *n = (uint32_t)s_integer(count);
    return (x - count * 1.570796325802803) - count * 9.920935796805404e-10;
  }
  const uint64_t word = wordOf(s_abs(x));
  // |x| = m · 2^e; infinities and NaN count as the largest float.
  const int exponent = (int)(word >> 52) - (1023 + 23);
  const int e = exponent < 104 ? exponent : 104;
  const uint64_t m = ((word >> 29) & 0x7fffff) | 0x800000;
  // The product of m and the places of 2/π from e − 1 to e + 94, in units of 2⁻⁹⁴ modulo 2⁹⁶.
  const uint64_t low = m * placesOfTwoOverPi(e + 62);
  const uint64_t middle = m * placesOfTwoOverPi(e + 30) + (low >> 32);
  const uint64_t high = m * placesOfTwoOverPi(e - 2) + (middle >> 32);
  const uint64_t turns = high << 32 | (middle & 0xffffffff);
  const uint64_t nearest = (turns + (UINT64_C(1) << 61)) >> 62;
  const double rest = (double)(int64_t)(turns - (nearest << 62));
  *n = x < 0 ? 0 - (uint32_t)nearest : (uint32_t)nearest;
  return rest * (PI / 2 * 0x1p-62) * s_sign(1, x);
}

INLINE double sine(double r, double z) {
  return SERIES(z, -0.16666666666666663, 0.0083333333333307, -0.00019841269836385435, 2.7557315910939e-6,
                -2.5051092308431318e-8, 1.5915309183057952e-10) *
             z * r +
         r;
}

INLINE double cosine(double z) {
  return (SERIES(z, 0.041666666666666664, -0.0013888888888887241, 2.480158729853226e-5, -2.7557317151858866e-7,
                 2.0876121534608458e-9, -1.1380868171449914e-11) *
              z * z -
          z * 0.5) +
         1;
}

INLINE double whereFinite(double x, double value) { return s_abs(x) < INFINITE ? value : NO_NUMBER; }

/** sin(x + quarters·π/2). */
INLINE double sineOf(double x, uint32_t quarters) {
  uint32_t n;
  const double r = quadrant(x, &n);
  const double z = r * r;
  const uint32_t turn = n + quarters;
  const double value = turn & 1 ? cosine(z) : sine(r, z);
  return whereFinite(x, turn & 2 ? -value : value);
}

double s_cos(double x) { return sineOf(x, 1); }
double s_sin(double x) { return x == 0 ? x : sineOf(x, 0); }

double s_tan(double x) {
  uint32_t n;
  const double r = quadrant(x, &n);
  const double z = r * r;
  const double s = sine(r, z);
  const double c = cosine(z);
  return whereFinite(x, x == 0 ? x : n & 1 ? -(c / s) : s / c);
}

double s_erf(double x) {
  const double size = s_abs(x);
  if (size < 1) {
    return SERIES(x * x, 1.1283791670955121, -0.376126389031744, 0.11283791670580422, -0.026866170586496874,
                  0.005223977154105304, -0.0008548304871782741, 0.00012054681918310599, -1.4913300906316395e-5,
                  1.631035651387174e-6, -1.5188281247335167e-7, 9.428596956834164e-9) *
           x;
  }
  if (x != x) return x;
  const double t = ((size > 4 ? 4 : size) - 2.5) / 1.5;
  const double large =
      SERIES(t, 0.999593047982555, 0.0032674263701221976, -0.012252848790627824, 0.028181550420121902,
             -0.04365077420794333, 0.046453652434876605, -0.031876543953606895, 0.009267188101343988,
             0.006680613448285873, -0.00961960609796886, 0.004544496570266771, 0.00043689057476382545,
             -0.001828138405849116, 0.0009289505114708216, 5.5468481050979044e-5, -0.0003030329467872908,
             0.00011481662775900842, 3.754712322177056e-5, -3.3336471370946054e-5, -9.706737580987892e-7,
             3.5874859958577997e-6);
  return s_sign(size > 4 ? 1 : large, x);
}

/** `far`, or x + cubic·x³ where x is near 0 and `far` would cancel. */
INLINE double oddNearZero(double x, double cubic, double far) {
  const double near = (x * x * cubic + 1) * x;
  return s_abs(x) < 1e-4 ? near : far;
}

double s_sinh(double x) {
  if (s_abs(x) < 1) {
    const double z = x * x;
    return SERIES(z, 0.16666666666666624, 0.008333333333363351, 0.0001984126980694593, 2.7557333573715166e-6,
                  2.5049398085153294e-8, 1.6294699821438436e-10) *
               z * x +
           x;
  }
  const double e = s_exp(x);
  return (e - 1 / e) * 0.5;
}

double s_cosh(double x) {
  const double e = s_exp(x);
  return (e + 1 / e) * 0.5;
}

double s_asinh(double x) {
  if (x != x) return x;
  const double size = s_abs(x);
  const double far = size == INFINITE ? INFINITE : s_log(size + SQRT(size * size + 1));
  return oddNearZero(x, -1.0 / 6, s_sign(far, x));
}

double s_acosh(double x) {
  if (!(x >= 1)) return NO_NUMBER;
  return x == INFINITE ? INFINITE : s_log(x + SQRT((x - 1) * (x + 1)));
}

double s_atanh(double x) {
  const double size = s_abs(x);
  if (!(size <= 1)) return NO_NUMBER;
  if (size == 1) return s_sign(INFINITE, x);
  return oddNearZero(x, 1.0 / 3, s_log((1 + x) / (1 - x)) * 0.5);
}

double s_asin(double x) { return s_atan(x / SQRT((1 - x) * (1 + x))); }
double s_acos(double x) { return s_atan(SQRT((1 - x) / (1 + x))) * 2; }

/** xʸ as IEEE 754 and JavaScript have it. */
double s_pow(double x, double y) {
  if (y == 0) return 1;
  const double size = s_abs(x);
  const int isUnbounded = size == 1 && s_abs(y) == INFINITE;
  if (x != x || y != y || isUnbounded) return NO_NUMBER;
  const double logarithm = size == 0 ? -INFINITE : size == INFINITE ? INFINITE : s_log(size);
  const double exponent = y * logarithm;
  const double magnitude = exponent > 700 ? INFINITE : exponent < -700 ? 0 : s_exp(exponent);
  const double halved = y * 0.5;
  const int isWhole = __builtin_trunc(y) == y;
  const int isOdd = isWhole && __builtin_trunc(halved) != halved;
  // A negative finite number to a fraction is no real number; ±∞ and −0 to one are.
  if (!isWhole && x < 0 && size < INFINITE) return NO_NUMBER;
  return s_sign(1, x) < 0 && isOdd ? -magnitude : magnitude;
}

/** C's fmod: x − n·y towards 0, exact: what is subtracted is y times a power of two, never more than twice the rest. */
double s_fmod(double x, double y) {
  const uint64_t exponentBits = 0x7ff0000000000000;
  const double size = s_abs(y);
  if (!(s_abs(x) < INFINITE && size > 0)) return NO_NUMBER;
  double rest = s_abs(x);
  while (rest >= size) {
    // y scaled to the exponent of the rest, or one below.
    const uint64_t scaled = wordOf(size) - (wordOf(size) & exponentBits) + (wordOf(rest) & exponentBits);
    const double part = doubleOf(scaled);
    rest -= part > rest ? part * 0.5 : part;
  }
  return s_sign(rest, x);
}
