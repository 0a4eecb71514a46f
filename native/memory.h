// How the words of a program are read, and what of memory its kernels may touch.
#pragma once
#include <stdbool.h>
#include <stdlib.h>

#include "vector.h"

/** Axes of an index space at most. */
#define MOST_AXES 32
/** Elements of a tensor at most, and of an index space: sums of so many steps, each an integer of 32 bits, stay within 64. */
#define MOST_ELEMENTS (INT32_MAX / 4)

/** A stretch of memory that tensors lie in. Where it is, in bytes, is known from the start or, for a moving one, read before each run. */
struct Buffer {
  /** The number of the moving tensor, or −1. */
  int32_t moving;
  uint32_t address;
  /** In elements. */
  int32_t size;
};

/** What kernels work with while a program runs. */
struct Context {
  /** The first element of each buffer. */
  float **buffers;
  /** Two integers: 1 + the bound of an index that lies outside, and the index. */
  int32_t *faults;
  float *scratch;
};

/** A range of an axis, of which each part of an operation does one: no sum is divided, so that parts do not change bits. */
struct Range {
  int64_t begin, end;
};

/** An operation cut into parts along an axis: of so many indices, by multiples of `grain`. */
struct Parts {
  int64_t length, grain;
  int count;
};

/** Nanoseconds of work that a part has at least; to hand it to another thread takes less than one thousand. */
#define LEAST_PART 5000
/** More parts than threads, so that a thread that is late does fewer. */
#define PARTS_OF_A_THREAD 2

/** As many parts as are worth it for `nanoseconds` of work. */
SMALL struct Parts partsOf(int64_t length, int64_t grain, double nanoseconds, int threads) {
  const int64_t pieces = (length + grain - 1) / grain;
  int64_t count = threads * PARTS_OF_A_THREAD;
  if (count > pieces) count = pieces;
  if (count > nanoseconds / LEAST_PART) count = (int64_t)(nanoseconds / LEAST_PART);
  return (struct Parts){length, grain, threads < 2 || count < 2 ? 1 : (int)count};
}

static struct Range rangeOf(struct Parts parts, int part) {
  const int64_t pieces = (parts.length + parts.grain - 1) / parts.grain;
  const int64_t begin = pieces * part / parts.count * parts.grain, end = pieces * (part + 1) / parts.count * parts.grain;
  return (struct Range){begin, end < parts.length ? end : parts.length};
}

struct Operation {
  void (*run)(const struct Context *context, const void *operation, struct Range range);
  void *operation;
  struct Parts parts;
};

/** A number in every element of a strip. */
struct Constant {
  int32_t number, length;
  float *strip;
  struct Constant *next;
};

/** Where the words are read; `wrong` says what the first ill-formed one is. */
struct Reader {
  const int32_t *at, *end;
  const char *wrong;
  const struct Buffer *buffers;
  int bufferCount;
  /** Everything that was allocated for the program. */
  void **blocks;
  size_t blockCount, blockRoom;
  struct Constant *constants;
  /** The floats of scratch that the operations need. */
  size_t scratch;
  int threads;
  /** Those of the operation that is read; it has one part unless it says otherwise. */
  struct Parts parts;
};

SMALL void *allocate(struct Reader *reader, size_t bytes) {
  if (reader->blockCount == reader->blockRoom) {
    const size_t room = 2 * reader->blockRoom + 64;
    void **blocks = realloc(reader->blocks, room * sizeof *blocks);
    if (blocks == NULL) return NULL;
    reader->blocks = blocks;
    reader->blockRoom = room;
  }
  void *block = calloc(1, bytes > 0 ? bytes : 1);
  if (block != NULL) reader->blocks[reader->blockCount++] = block;
  return block;
}

INLINE void refuse(struct Reader *reader, const char *why) {
  if (reader->wrong == NULL) reader->wrong = why;
}

/** The next word; 0 where there is none. */
SMALL int32_t word(struct Reader *reader) {
  if (reader->at < reader->end) return *reader->at++;
  refuse(reader, "it ends too early");
  return 0;
}

/** The next word, which is from `least` to `most`; `least` where it is not. */
SMALL int32_t within(struct Reader *reader, int32_t least, int32_t most) {
  const int32_t value = word(reader);
  if (value >= least && value <= most) return value;
  refuse(reader, "a number is out of bounds");
  return least;
}

/** The next `count` words, as a copy. */
SMALL const int32_t *words(struct Reader *reader, int count) {
  int32_t *copy = allocate(reader, 4 * (size_t)count);
  if (copy == NULL) {
    refuse(reader, "there is no memory for it");
    return NULL;
  }
  for (int i = 0; i < count; i++) copy[i] = word(reader);
  return copy;
}

/** Has that many floats of scratch for an operation. */
SMALL void claim(struct Reader *reader, size_t floats) {
  if (floats > MOST_ELEMENTS) refuse(reader, "it needs too much memory");
  else if (floats > reader->scratch) reader->scratch = floats;
}

/** An index space: so many axes of these sizes. */
struct Space {
  int axes;
  const int32_t *sizes;
};

SMALL int64_t elementsOf(struct Space space) {
  int64_t count = 1;
  for (int i = 0; i < space.axes; i++) count *= space.sizes[i];
  return count;
}

/** The sizes of so many axes. */
SMALL struct Space spaceWith(struct Reader *reader, int axes) {
  struct Space space = {axes, words(reader, axes)};
  if (space.sizes == NULL) return (struct Space){0};
  int64_t count = 1;
  for (int i = 0; i < space.axes; i++) {
    const int32_t size = space.sizes[i];
    if (size < 0 || (size > 0 && count > MOST_ELEMENTS / size)) {
      refuse(reader, "an axis is out of bounds");
      return (struct Space){0};
    }
    count *= size > 0 ? size : 1;
  }
  return space;
}

SMALL struct Space spaceOf(struct Reader *reader) { return spaceWith(reader, within(reader, 0, MOST_AXES)); }

/** A tensor: its first element, and how far the next one along each axis of its space is, in elements. */
struct View {
  int buffer;
  int32_t offset;
  const int32_t *strides;
};

/** How far from its first element a tensor reaches, both ways. */
struct Reach {
  int64_t low, high;
};

SMALL void extend(struct Reach *reach, int32_t size, int32_t stride) {
  const int64_t along = (int64_t)stride * (size - 1);
  if (along < 0) reach->low += along;
  else reach->high += along;
}

/** Refuses a view that, with this reach, would leave its buffer. */
SMALL void checkReach(struct Reader *reader, const struct View *view, struct Reach reach) {
  if (reader->wrong != NULL) return;
  const int64_t size = reader->buffers[view->buffer].size;
  if (view->offset + reach.low < 0 || view->offset + reach.high >= size) refuse(reader, "a kernel would leave its tensor");
}

/** A view on a space; with `more`, what comes besides is checked by the caller, who gets the reach so far. */
SMALL struct View viewWith(struct Reader *reader, struct Space space, struct Reach *more) {
  struct View view = {.buffer = within(reader, 0, reader->bufferCount - 1), .offset = word(reader)};
  view.strides = words(reader, space.axes);
  struct Reach reach = {0, 0};
  bool isEmpty = false;
  for (int i = 0; i < space.axes && view.strides != NULL; i++) {
    isEmpty |= space.sizes[i] == 0;
    extend(&reach, space.sizes[i], view.strides[i]);
  }
  if (more != NULL) *more = reach;
  else if (!isEmpty) checkReach(reader, &view, reach);
  return view;
}

SMALL struct View viewOf(struct Reader *reader, struct Space space) { return viewWith(reader, space, NULL); }

INLINE float *firstOf(const struct Context *context, struct View view) {
  return context->buffers[view.buffer] + view.offset;
}

/** Walks over a space, the last axis fastest, with up to four tensors along. */
struct Walk {
  struct Space space;
  int tensors;
  const int32_t *strides[4];
  float *at[4];
  int32_t index[MOST_AXES];
};

INLINE void stepTo(struct Walk *walk, int tensor, const struct Context *context, struct View view) {
  walk->strides[tensor] = view.strides;
  walk->at[tensor] = firstOf(context, view);
}

/** On to the next point; false after the last. */
static __attribute__((noinline)) bool next(struct Walk *walk) {
  for (int axis = walk->space.axes - 1; axis >= 0; axis--) {
    const bool isOver = ++walk->index[axis] == walk->space.sizes[axis];
    const int64_t steps = isOver ? 1 - (int64_t)walk->space.sizes[axis] : 1;
    for (int i = 0; i < walk->tensors; i++) walk->at[i] += steps * walk->strides[i][axis];
    if (!isOver) return true;
    walk->index[axis] = 0;
  }
  return false;
}
