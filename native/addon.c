// The Node-API module: which levels the processor runs, and programs as functions. It has no state, so that every worker thread may load it.
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "threads.h"

#ifdef __x86_64__
#include <cpuid.h>

static const struct Level *const LEVELS[] = {&level_avx512, &level_avx2};
#define COUNT 2

static int has(uint64_t features, uint64_t wanted) { return (features & wanted) == wanted; }

/** How many levels of the list, from its start, the processor or its system lacks: level n is version n of x86-64 as its psABI has it. */
static int lacking(void) {
  unsigned a, b = 0, c, d, extended = 0, unused;
  __cpuid(1, a, unused, c, d);
  __get_cpuid_count(7, 0, &a, &b, &unused, &d);
  __get_cpuid(0x80000001, &a, &unused, &extended, &d);
  if (!has(c, bit_SSE3 | bit_SSSE3 | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT | bit_CMPXCHG16B) || !has(extended, bit_LAHF_LM)) return 2;
  if (!has(c, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C | bit_MOVBE) || !has(extended, bit_LZCNT) || !has(b, bit_AVX2 | bit_BMI | bit_BMI2)) return 2;
  // Which registers the system saves for a thread.
  uint32_t saved, high;
  __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  if (!has(saved, 0x06)) return 2;
#ifdef __APPLE__
  // It saves them for a thread from its first use of one on.
  saved |= 0xe0;
#endif
  return !has(b, bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL | bit_AVX512CD) || !has(saved, 0xe6);
}
#else
static const struct Level *const LEVELS[] = {&level_neon};
#define COUNT 1
static int lacking(void) { return 0; }
#endif

/** What a function that is a program has. */
struct Loaded {
  const struct Level *level;
  struct Program *program;
  int64_t bytes;
};

static napi_value fail(napi_env env, const char *text) {
  napi_throw_error(env, NULL, text);
  return NULL;
}

static void unload(napi_env env, void *data, void *hint) {
  struct Loaded *loaded = data;
  int64_t total;
  (void)hint;
  napi_adjust_external_memory(env, -loaded->bytes, &total);
  loaded->level->unload(loaded->program);
  free(loaded);
}

/** `program(memory: ArrayBuffer, kernel = -1)`. */
static napi_value run(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2, bytes;
  void *data, *memory;
  napi_valuetype type;
  double kernel = -1;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, &data) != napi_ok) return fail(env, "the call has no arguments");
  if (napi_get_arraybuffer_info(env, arguments[0], &memory, &bytes) != napi_ok) return fail(env, "memory: expected an ArrayBuffer");
  if (napi_typeof(env, arguments[1], &type) != napi_ok || type != napi_undefined) {
    if (napi_get_value_double(env, arguments[1], &kernel) != napi_ok || !(kernel >= -1 && kernel <= INT32_MAX) || kernel != (int)kernel)
      return fail(env, "kernel: expected an integer from -1");
  }
  const struct Loaded *loaded = data;
  const char *error = loaded->level->run(loaded->program, memory, bytes, (int)kernel);
  return error == NULL ? NULL : fail(env, error);
}

/** `load(level: string, words: Int32Array, threads = 1)`: the program as a function. */
static napi_value load(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  size_t count = 3, length;
  double threads = 1;
  napi_valuetype given;
  char name[16];
  napi_typedarray_type type;
  void *words;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return fail(env, "the call has no arguments");
  if (napi_get_value_string_utf8(env, arguments[0], name, sizeof name, &length) != napi_ok) return fail(env, "level: expected a string");
  const struct Level *level = NULL;
  for (int i = lacking(); i < COUNT; i++) {
    if (strcmp(name, LEVELS[i]->name) == 0) level = LEVELS[i];
  }
  if (level == NULL) return fail(env, "level: expected one that this processor has");
  if (napi_get_typedarray_info(env, arguments[1], &type, &length, &words, NULL, NULL) != napi_ok || type != napi_int32_array)
    return fail(env, "words: expected an Int32Array");
  if (napi_typeof(env, arguments[2], &given) != napi_ok || given != napi_undefined) {
    if (napi_get_value_double(env, arguments[2], &threads) != napi_ok || !(threads >= 1 && threads <= MOST_THREADS) || threads != (int)threads)
      return fail(env, "threads: expected an integer from 1 to 64");
  }
  struct Loaded *loaded = malloc(sizeof *loaded);
  if (loaded == NULL) return fail(env, "no memory for the program");
  const char *error = NULL;
  *loaded = (struct Loaded){level, level->load(words, length, (int)threads, &error), (int64_t)length * 4};
  if (loaded->program == NULL) {
    free(loaded);
    return fail(env, error == NULL ? "no memory for the program" : error);
  }
  if (napi_create_function(env, level->name, NAPI_AUTO_LENGTH, run, loaded, &result) != napi_ok ||
      napi_add_finalizer(env, result, loaded, unload, NULL, NULL) != napi_ok) {
    level->unload(loaded->program);
    free(loaded);
    return fail(env, "no function for the program");
  }
  int64_t total;
  // What the collector of garbage cannot see.
  napi_adjust_external_memory(env, loaded->bytes, &total);
  return result;
}

/** An array of strings; null where one could not be made. */
static napi_value list(napi_env env, const char *const *texts, int count) {
  napi_value array, text;
  if (napi_create_array(env, &array) != napi_ok) return NULL;
  for (int i = 0; i < count; i++) {
    if (napi_create_string_utf8(env, texts[i], NAPI_AUTO_LENGTH, &text) != napi_ok || napi_set_element(env, array, (uint32_t)i, text) != napi_ok) return NULL;
  }
  return array;
}

static int give(napi_env env, napi_value exports, const char *name, napi_value value) {
  return value != NULL && napi_set_named_property(env, exports, name, value) == napi_ok;
}

/** `levels`: the names of those that the processor has, the fastest first; `operations`: the names of elementwise operations; `load`. */
NAPI_MODULE_INIT() {
  const char *names[COUNT];
  const int first = lacking();
  for (int i = first; i < COUNT; i++) names[i - first] = LEVELS[i]->name;
  napi_value function;
  if (!give(env, exports, "levels", list(env, names, COUNT - first)) ||
      !give(env, exports, "operations", list(env, LEVELS[0]->operations, LEVELS[0]->operationCount)) ||
      napi_create_function(env, "load", NAPI_AUTO_LENGTH, load, NULL, &function) != napi_ok || !give(env, exports, "load", function))
    return NULL;
  return exports;
}

#ifdef _WIN32
// What Windows needs of a library that has no C runtime: the name that the compiler gives to what makes room on the stack, and a function
// that says that the library may be loaded.
__asm__(".globl ___chkstk_ms\n___chkstk_ms: jmp *__imp___chkstk(%rip)");
int DllMainCRTStartup(void *library, uint32_t reason, void *reserved) { return (void)library, (void)reason, (void)reserved, 1; }
#endif
