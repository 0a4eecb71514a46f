// Vectors of W floats or integers as WebAssembly has them of four: masks are lanes of all ones or none. W is the level's width.
#pragma once
#include <stdint.h>
#include <string.h>

#ifndef W
#define W 4
#endif

typedef float F __attribute__((vector_size(4 * W), aligned(4)));
typedef int32_t I __attribute__((vector_size(4 * W), aligned(4)));
typedef uint32_t U __attribute__((vector_size(4 * W), aligned(4)));
typedef double D __attribute__((vector_size(8 * W), aligned(8)));

#define UNROLLED _Pragma("clang loop unroll(full)")
/** What is not in a loop that matters. */
#define SMALL static __attribute__((noinline, minsize))
#define INLINE static inline __attribute__((always_inline))

INLINE F splat(float x) {
  F v;
  for (int i = 0; i < W; i++) v[i] = x;
  return v;
}
INLINE I isplat(int32_t x) {
  I v;
  for (int i = 0; i < W; i++) v[i] = x;
  return v;
}
INLINE I bits(F x) { return (I)x; }
INLINE F floats(I x) { return (F)x; }
/** `mask ? a : b`, lane by lane. */
INLINE F choose(I mask, F a, F b) { return floats((mask & bits(a)) | (~mask & bits(b))); }
INLINE I ichoose(I mask, I a, I b) { return (mask & a) | (~mask & b); }
/** WebAssembly's: b where b < a, and so a where one is NaN. */
INLINE F pmin(F a, F b) { return choose(b < a, b, a); }
INLINE F pmax(F a, F b) { return choose(a < b, b, a); }
INLINE F vabs(F x) { return floats(bits(x) & isplat(0x7fffffff)); }
INLINE F vneg(F x) { return floats(bits(x) ^ isplat((int32_t)0x80000000)); }
INLINE F vfloat(I x) { return __builtin_convertvector(x, F); }
