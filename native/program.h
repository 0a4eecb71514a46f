// What the addon and the levels agree on. A level is all of kernels.c, compiled for a vector width and a set of instructions.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct Program;

struct Level {
  const char *name;
  /** Floats in a vector. */
  int width;
  /** The names of elementwise operations: a program says which by their index here. */
  const char *const *operations;
  int operationCount;
  /** A program of the words that src/engine/native/words.ts writes; null, and why, where they are ill-formed. The words are copied. Up to `threads` threads run it. */
  struct Program *(*load)(const int32_t *words, size_t count, int threads, const char **error);
  /**
   * Runs all kernels, or one, on `bytes` bytes of memory, of which the last 64 belong to nothing.
   * Returns null, or why it did not run.
   */
  const char *(*run)(struct Program *program, char *memory, size_t bytes, int kernel);
  void (*unload)(struct Program *program);
};

extern const struct Level level_avx2, level_avx512, level_neon;
