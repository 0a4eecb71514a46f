// bits <function> <number of pairs>: reads all x and then all y from its input, and writes the function's results.
// bits time: nanoseconds of some functions for 4,096 floats.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "../math.h"
#include "../scalar.c"

typedef void Strip(float *d, const float *a, const float *b, int n);

#define VECTOR(name, value)                                                                                          \
  static void name##Strip(float *d, const float *a, const float *b, int n) {                                         \
    for (int i = 0; i < n; i += W) {                                                                                 \
      const F x = *(const F *)(a + i), y = *(const F *)(b + i);                                                      \
      (void)y;                                                                                                       \
      *(F *)(d + i) = value;                                                                                         \
    }                                                                                                                \
  }
#define SCALAR(name, value)                                                                                          \
  static void name##Strip(float *d, const float *a, const float *b, int n) {                                         \
    for (int i = 0; i < n; i++) {                                                                                    \
      const double x = a[i], y = b[i];                                                                               \
      (void)y;                                                                                                       \
      d[i] = (float)value;                                                                                           \
    }                                                                                                                \
  }
#define FUNCTIONS(V, S)                                                                                              \
  V(Exp, vexp(x)) V(Expm1, vexpm1(x)) V(Tanh, vtanh(x)) V(Sigmoid, vsigmoid(x)) V(Log, vlog(x)) V(Log1p, vlog1p(x))  \
  V(Softplus, vsoftplus(x)) V(Max, vmax(x, y)) V(Min, vmin(x, y)) V(Sqrt, vsqrt(x)) V(Ceil, vceil(x))                \
  V(Floor, vfloor(x)) V(Round, vnearest(x)) V(Truncate, floats(vtruncsat(x))) V(Cast, floats(vwrapped(x)))           \
  S(Acos, s_acos(x)) S(Acosh, s_acosh(x)) S(Asin, s_asin(x)) S(Asinh, s_asinh(x)) S(Atan, s_atan(x))                 \
  S(Atanh, s_atanh(x)) S(Cos, s_cos(x)) S(Cosh, s_cosh(x)) S(Erf, s_erf(x)) S(Fmod, s_fmod(x, y))                    \
  S(Pow, s_pow(x, y)) S(Sin, s_sin(x)) S(Sinh, s_sinh(x)) S(Tan, s_tan(x))
FUNCTIONS(VECTOR, SCALAR)

#define ENTRY(name, value) {#name, name##Strip},
static const struct {
  const char *name;
  Strip *strip;
} functions[] = {FUNCTIONS(ENTRY, ENTRY)};

static Strip *find(const char *name) {
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (strcmp(functions[i].name, name) == 0) return functions[i].strip;
  }
  fprintf(stderr, "no function %s\n", name);
  exit(2);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/** The least of many short runs, since other processes only add. */
static void measure(const char *name) {
  enum { N = 4096, RUNS = 40, CALLS = 50 };
  static float a[N], d[N];
  Strip *const strip = find(name);
  for (int i = 0; i < N; i++) a[i] = (float)(i - N / 2) / 512;
  double least = 1e9;
  for (int run = 0; run < RUNS; run++) {
    const double begin = seconds();
    for (int call = 0; call < CALLS; call++) strip(d, a, a, N);
    const double time = (seconds() - begin) / CALLS;
    if (time < least) least = time;
  }
  printf("%s %.0f\n", name, 1e9 * least);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "time") == 0) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) measure(functions[i].name);
    return 0;
  }
  if (count != 3) return 2;
  Strip *const strip = find(arguments[1]);
  const size_t n = (size_t)atoi(arguments[2]);
  float *const x = malloc(4 * n), *const y = malloc(4 * n), *const d = malloc(4 * n);
  if (!x || !y || !d || n % 16 != 0) return 2;
  if (fread(x, 4, n, stdin) != n || fread(y, 4, n, stdin) != n) return 3;
  strip(d, x, y, (int)n);
  const size_t written = fwrite(d, 4, n, stdout);
  free(x), free(y), free(d);
  return written == n ? 0 : 3;
}
