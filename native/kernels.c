// A level of the engine: all kernels at one vector width, and the programs that they make up.
#include "grid.h"
#include "nests.h"
#include "product.h"
#include "program.h"
#include "threads.h"

#define JOINED_(a, b) a##b
#define JOINED(a, b) JOINED_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

/** The first word of every program. */
#define VERSION 1
/** Bytes at the end of memory that belong to nothing: whole vectors are read from the last elements. */
#define SLACK 64

/** By their numbers in a program. */
static const struct {
  void *(*read)(struct Reader *reader);
  void (*run)(const struct Context *context, const void *operation, struct Range range);
} kinds[] = {{readGrid, runGrid},           {readCopy, runCopy},             {readFill, runFill},
             {readReduction, runReduction}, {readProduct, runProduct},       {readCumulative, runCumulative},
             {readBest, runBest},           {readSums, runSums},             {readIndexed, runIndexed}};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))

struct Program {
  int buffers, operations, kernels;
  struct Buffer *buffer;
  struct Operation *operation;
  /** The first operation of each kernel, and their number at the end. */
  int32_t *kernel;
  /** Where it lies how the moving tensors are placed, and where wrong indices are noted. */
  uint32_t addresses, faults;
  /** The floats that each thread has for itself, from a cache line on. */
  float *scratch;
  size_t scratchSize;
  int threads;
  float **places;
  void **blocks;
  size_t blockCount;
};

static void unload(struct Program *program) {
  if (program == NULL) return;
  for (size_t i = 0; i < program->blockCount; i++) free(program->blocks[i]);
  free(program->blocks);
  free(program);
}

SMALL void readProgram(struct Reader *reader, struct Program *it) {
  if (word(reader) != VERSION) refuse(reader, "it is of another version");
  it->addresses = (uint32_t)word(reader);
  it->faults = (uint32_t)word(reader);
  const int32_t most = (int32_t)(reader->end - reader->at);
  it->buffers = within(reader, 0, most / 3);
  it->kernels = within(reader, 0, most);
  it->operations = within(reader, 0, most);
  if (reader->wrong != NULL) return;
  it->buffer = allocate(reader, (size_t)it->buffers * sizeof *it->buffer);
  it->places = allocate(reader, (size_t)it->buffers * sizeof *it->places);
  it->operation = allocate(reader, (size_t)it->operations * sizeof *it->operation);
  it->kernel = allocate(reader, ((size_t)it->kernels + 1) * sizeof *it->kernel);
  if (it->buffer == NULL || it->places == NULL || it->operation == NULL || it->kernel == NULL) {
    refuse(reader, "there is no memory for it");
    return;
  }
  for (int i = 0; i < it->buffers; i++) {
    it->buffer[i].moving = within(reader, -1, most);
    it->buffer[i].address = (uint32_t)word(reader);
    it->buffer[i].size = within(reader, 0, MOST_ELEMENTS);
    if (it->buffer[i].address % 4 != 0) refuse(reader, "a tensor lies between elements");
  }
  reader->buffers = it->buffer;
  reader->bufferCount = it->buffers;
  if (it->addresses % 4 != 0 || it->faults % 4 != 0) refuse(reader, "an address lies between elements");
  int made = 0;
  for (int i = 0; i < it->kernels; i++) {
    it->kernel[i] = made;
    const int32_t operations = within(reader, 0, it->operations - made);
    for (int j = 0; j < operations && reader->wrong == NULL; j++, made++) {
      const int kind = within(reader, 0, KINDS - 1);
      it->operation[made].run = kinds[kind].run;
      reader->parts = (struct Parts){0, 1, 1};
      it->operation[made].operation = kinds[kind].read(reader);
      it->operation[made].parts = reader->parts;
      if (it->operation[made].operation == NULL) refuse(reader, "there is no memory for it");
    }
  }
  it->kernel[it->kernels] = made;
  if (made != it->operations || reader->at != reader->end) refuse(reader, "it does not end where it should");
}

SMALL struct Program *loadProgram(const int32_t *words, size_t count, int threads, const char **error) {
  static const int32_t empty;
  struct Program *program = calloc(1, sizeof *program);
  if (program == NULL) {
    *error = "there is no memory for it";
    return NULL;
  }
  // An array without elements is nowhere.
  if (count == 0) words = &empty;
  if (threads < 1 || threads > MOST_THREADS) threads = 1;
  program->threads = threads;
  struct Reader reader = {.threads = threads, .at = words, .end = words + (count < INT32_MAX ? count : INT32_MAX)};
  readProgram(&reader, program);
  // With a whole vector at the end.
  program->scratchSize = (reader.scratch + 2 * SLACK) / SLACK * SLACK;
  char *scratch = allocate(&reader, 4 * program->scratchSize * (size_t)threads + SLACK);
  if (scratch == NULL) refuse(&reader, "there is no memory for it");
  else program->scratch = (float *)(scratch + (SLACK - (uintptr_t)scratch % SLACK) % SLACK);
  program->blocks = reader.blocks;
  program->blockCount = reader.blockCount;
  if (reader.wrong == NULL) return program;
  *error = reader.wrong;
  unload(program);
  return NULL;
}

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
/** Bytes behind each tensor that a check lets a program touch: whole vectors are read from the last elements, but never written. */
#ifndef BEHIND
#define BEHIND SLACK
#endif
/** Leaves a program nothing of the memory but its tensors. */
static void fence(const struct Program *it, char *memory, size_t bytes) {
  __asan_poison_memory_region(memory, bytes);
  for (int i = 0; i < it->buffers; i++) __asan_unpoison_memory_region(it->places[i], 4 * (size_t)it->buffer[i].size + BEHIND);
  __asan_unpoison_memory_region(memory + it->faults, 8);
}
static void unfence(char *memory, size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#else
static void fence(const struct Program *it, char *memory, size_t bytes) { (void)it, (void)memory, (void)bytes; }
static void unfence(char *memory, size_t bytes) { (void)memory, (void)bytes; }
#endif

/** An operation in the hands of several threads. */
struct Shared {
  const struct Program *program;
  const struct Operation *operation;
  const struct Context *context;
};

static void runPart(const void *data, int part, int thread) {
  const struct Shared *shared = data;
  struct Context own = *shared->context;
  own.scratch += (size_t)thread * shared->program->scratchSize;
  shared->operation->run(&own, shared->operation->operation, rangeOf(shared->operation->parts, part));
}

static const char *runProgram(struct Program *it, char *memory, size_t bytes, int kernel) {
  if (kernel < -1 || kernel >= it->kernels) return "it has no such kernel";
  if (bytes < SLACK || (size_t)it->faults + 8 > bytes - SLACK) return "its memory is too small";
  const size_t end = bytes - SLACK;
  for (int i = 0; i < it->buffers; i++) {
    const struct Buffer *buffer = &it->buffer[i];
    size_t address = buffer->address;
    if (buffer->moving >= 0) {
      const size_t at = it->addresses + 4 * (size_t)buffer->moving;
      if (at + 4 > end) return "its memory is too small";
      uint32_t given;
      memcpy(&given, memory + at, 4);
      if (given % 4 != 0) return "a tensor lies between elements";
      address = given;
    }
    if (address + 4 * (size_t)buffer->size > end) return "a tensor lies beyond its memory";
    it->places[i] = (float *)(memory + address);
  }
  const struct Context context = {.buffers = it->places, .faults = (int32_t *)(memory + it->faults), .scratch = it->scratch};
  fence(it, memory, bytes);
  const int first = kernel < 0 ? 0 : it->kernel[kernel], last = it->kernel[kernel < 0 ? it->kernels : kernel + 1];
  for (int i = first; i < last; i++) {
    const struct Operation *operation = &it->operation[i];
    if (operation->parts.count == 1) {
      operation->run(&context, operation->operation, rangeOf(operation->parts, 0));
      continue;
    }
    const struct Shared shared = {it, operation, &context};
    shareParts(it->threads, operation->parts.count, runPart, &shared);
  }
  unfence(memory, bytes);
  return NULL;
}

const struct Level JOINED(level_, LEVEL) = {
    .name = TEXT(LEVEL),
    .width = W,
    .operations = operationNames,
    .operationCount = OPERATION_COUNT,
    .load = loadProgram,
    .run = runProgram,
    .unload = unload,
};
