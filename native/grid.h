// Elementwise operations over an index space, strip by strip; copies and fills.
#pragma once
#include "elementwise.h"
#include "memory.h"

#define MOST_STRIPS 4096
/** In elements. */
#define LONGEST_STRIP (1 << 12)

/** One operation on strips: the numbers of its result and operands. */
struct Instruction {
  Strip *strip;
  /** Whether whole vectors may be written: the result is nobody's memory, and the operation goes by vectors. */
  bool isWhole;
  int result, a, b, c;
  float parameter;
};

/** A tensor that is read or written, along the outer axes, from row to row and along a row. */
struct Access {
  struct View outer;
  int32_t row, lane;
  /** Whether a strip of it lies one element after another, so that it is read and written where it is. */
  bool isDirect;
  /** Whether all strips of it are the same. */
  bool isSame;
};

/**
 * Strips are `rowsOfStrip` rows of `length` elements, or parts of one row. They are numbered: first what is loaded, then what is stored,
 * constants, and what is in between.
 */
struct Grid {
  struct Space outer;
  int32_t rows, length, rowsOfStrip, part;
  int loads, stores, constants, strips, instructions;
  /** Whether parts are of the rows, or of their elements. */
  bool isByRows;
  struct Access *accesses;
  /** The strips of the constants. */
  float **numbers;
  struct Instruction *code;
};

static int stripOf(struct Reader *reader, int strips) { return within(reader, 0, strips - 1); }

SMALL struct Access accessOf(struct Reader *reader, const struct Grid *grid) {
  struct Access access = {0};
  struct Reach reach;
  access.outer = viewWith(reader, grid->outer, &reach);
  access.row = word(reader);
  access.lane = word(reader);
  if (reader->wrong != NULL) return access;
  extend(&reach, grid->rows, access.row);
  extend(&reach, grid->length, access.lane);
  if (grid->rows > 0 && grid->length > 0 && elementsOf(grid->outer) > 0) checkReach(reader, &access.outer, reach);
  access.isDirect = access.lane == 1 && (grid->rowsOfStrip == 1 || access.row == grid->length);
  access.isSame = access.row == 0 && (access.lane == 0 || grid->length <= grid->part);
  for (int i = 0; i < grid->outer.axes; i++) access.isSame &= access.outer.strides[i] == 0;
  return access;
}

/** A strip of one number; all kernels of a program share it. */
SMALL float *constantOf(struct Reader *reader, int32_t number, int length) {
  struct Constant *it = reader->constants;
  while (it != NULL && it->number != number) it = it->next;
  if (it == NULL) {
    it = allocate(reader, sizeof *it);
    if (it == NULL) return NULL;
    *it = (struct Constant){.number = number, .strip = allocate(reader, 4 * (LONGEST_STRIP + W) + 64), .next = reader->constants};
    if (it->strip == NULL) return NULL;
    // From a whole cache line on.
    it->strip += (64 - (uintptr_t)it->strip % 64) % 64 / 4;
    reader->constants = it;
  }
  for (; it->length < length + W; it->length++) memcpy(it->strip + it->length, &number, 4);
  return it->strip;
}

SMALL void *readGrid(struct Reader *reader) {
  struct Grid *grid = allocate(reader, sizeof *grid);
  if (grid == NULL) return NULL;
  grid->outer = spaceOf(reader);
  grid->rows = within(reader, 0, MOST_ELEMENTS);
  grid->length = within(reader, 0, MOST_ELEMENTS);
  grid->rowsOfStrip = within(reader, 1, LONGEST_STRIP);
  grid->part = within(reader, 1, LONGEST_STRIP / grid->rowsOfStrip);
  if (grid->rowsOfStrip > 1 && grid->part < grid->length) refuse(reader, "a strip has rows that do not fit");
  grid->loads = within(reader, 0, MOST_STRIPS);
  grid->stores = within(reader, 0, MOST_STRIPS);
  grid->constants = within(reader, 0, MOST_STRIPS);
  grid->strips = within(reader, grid->loads + grid->stores + grid->constants, MOST_STRIPS);
  if (grid->strips > MOST_STRIPS) refuse(reader, "a kernel has too many strips");
  grid->instructions = within(reader, 0, 1 << 20);
  if (reader->wrong != NULL) return NULL;
  const int accesses = grid->loads + grid->stores;
  grid->accesses = allocate(reader, (size_t)accesses * sizeof *grid->accesses);
  grid->code = allocate(reader, (size_t)grid->instructions * sizeof *grid->code);
  if (grid->accesses == NULL || grid->code == NULL) return NULL;
  for (int i = 0; i < accesses; i++) grid->accesses[i] = accessOf(reader, grid);
  const int64_t all = (int64_t)grid->rows * grid->length, most = (int64_t)grid->rowsOfStrip * grid->part;
  grid->numbers = allocate(reader, (size_t)grid->constants * sizeof *grid->numbers);
  if (grid->numbers == NULL) return NULL;
  for (int i = 0; i < grid->constants; i++) {
    grid->numbers[i] = constantOf(reader, word(reader), (int)(all < most ? all : most));
    if (grid->numbers[i] == NULL) return NULL;
  }
  for (int i = 0; i < grid->instructions; i++) {
    const int operation = within(reader, 0, OPERATION_COUNT - 1);
    struct Instruction *made = &grid->code[i];
    made->strip = operationStrips[operation];
    made->result = stripOf(reader, grid->strips);
    made->a = stripOf(reader, grid->strips);
    made->b = stripOf(reader, grid->strips);
    made->c = stripOf(reader, grid->strips);
    made->isWhole = made->result >= accesses && operation < FIRST_BY_LANE;
    const int32_t parameter = word(reader);
    memcpy(&made->parameter, &parameter, 4);
    // What is loaded, and constants, stay as they are.
    if (made->result < grid->loads || (made->result >= accesses && made->result < accesses + grid->constants)) {
      refuse(reader, "an operation would change what is read");
    }
  }
  grid->isByRows = grid->rows > grid->rowsOfStrip;
  const double work = (double)elementsOf(grid->outer) * grid->rows * grid->length * grid->instructions * 0.1;
  reader->parts = grid->isByRows ? partsOf(grid->rows, grid->rowsOfStrip, work, reader->threads)
                                 : partsOf(grid->length, grid->part, work, reader->threads);
  claim(reader, (size_t)grid->strips * (size_t)(grid->rowsOfStrip * grid->part + W));
  return grid;
}

/** Rows of elements, one after another. */
static void gather(float *strip, const float *from, int rows, int length, int32_t row, int32_t lane) {
  for (int i = 0; i < rows; i++, from += row, strip += length) {
    if (lane == 1) copyRow(strip, from, length);
    else if (lane == 0) for (int j = 0; j < length; j++) strip[j] = *from;
    else for (int j = 0; j < length; j++) strip[j] = from[(int64_t)j * lane];
  }
}

static void scatter(float *to, const float *strip, int rows, int length, int32_t row, int32_t lane) {
  for (int i = 0; i < rows; i++, to += row, strip += length) {
    for (int j = 0; j < length; j++) to[(int64_t)j * lane] = strip[j];
  }
}

static void runGrid(const struct Context *context, const void *operation, struct Range range) {
  const struct Grid *grid = operation;
  if (grid->rows == 0 || grid->length == 0 || elementsOf(grid->outer) == 0) return;
  const int accesses = grid->loads + grid->stores;
  const struct Range rowRange = grid->isByRows ? range : (struct Range){0, grid->rows};
  const struct Range laneRange = grid->isByRows ? (struct Range){0, grid->length} : range;
  const int room = (grid->rowsOfStrip * grid->part + W - 1) / W * W;
  float *at[grid->strips];
  float *first[accesses + 1];
  bool isFilled[accesses + 1];
  for (int i = 0; i < grid->strips; i++) at[i] = context->scratch + (size_t)i * (size_t)room;
  for (int i = 0; i < accesses; i++) {
    first[i] = firstOf(context, grid->accesses[i].outer);
    isFilled[i] = false;
  }
  for (int i = 0; i < grid->constants; i++) at[accesses + i] = grid->numbers[i];
  int32_t index[MOST_AXES] = {0};
  for (;;) {
    for (int32_t row = (int32_t)rowRange.begin; row < rowRange.end; row += grid->rowsOfStrip) {
      const int rows = rowRange.end - row < grid->rowsOfStrip ? (int)rowRange.end - row : grid->rowsOfStrip;
      for (int32_t lane = (int32_t)laneRange.begin; lane < laneRange.end; lane += grid->part) {
        const int length = laneRange.end - lane < grid->part ? (int)laneRange.end - lane : grid->part;
        for (int i = 0; i < accesses; i++) {
          const struct Access *access = &grid->accesses[i];
          if (isFilled[i]) continue;
          float *place = first[i] + (int64_t)row * access->row + (int64_t)lane * access->lane;
          if (access->isDirect) at[i] = place;
          else if (i < grid->loads) {
            gather(at[i], place, rows, length, access->row, access->lane);
            isFilled[i] = access->isSame;
          }
        }
        const int n = rows * length, whole = (n + W - 1) / W * W;
        for (int i = 0; i < grid->instructions; i++) {
          const struct Instruction *code = &grid->code[i];
          code->strip(at[code->result], at[code->a], at[code->b], at[code->c], code->isWhole ? whole : n, code->parameter);
        }
        for (int i = grid->loads; i < accesses; i++) {
          const struct Access *access = &grid->accesses[i];
          if (access->isDirect) continue;
          float *place = first[i] + (int64_t)row * access->row + (int64_t)lane * access->lane;
          scatter(place, at[i], rows, length, access->row, access->lane);
        }
      }
    }
    int axis = grid->outer.axes - 1;
    for (; axis >= 0; axis--) {
      const bool isOver = ++index[axis] == grid->outer.sizes[axis];
      const int64_t steps = isOver ? 1 - (int64_t)grid->outer.sizes[axis] : 1;
      for (int i = 0; i < accesses; i++) first[i] += steps * grid->accesses[i].outer.strides[axis];
      if (!isOver) break;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** The same index space read in one view and written in another: rows along `lane`. */
struct Copy {
  struct Space outer;
  int32_t length, fromLane, toLane;
  struct View from, to;
};

SMALL void *readCopy(struct Reader *reader) {
  struct Copy *copy = allocate(reader, sizeof *copy);
  if (copy == NULL) return NULL;
  copy->outer = spaceOf(reader);
  copy->length = within(reader, 0, MOST_ELEMENTS);
  struct View *views[] = {&copy->from, &copy->to};
  int32_t *lanes[] = {&copy->fromLane, &copy->toLane};
  for (int i = 0; i < 2; i++) {
    struct Reach reach;
    *views[i] = viewWith(reader, copy->outer, &reach);
    *lanes[i] = word(reader);
    if (reader->wrong != NULL) return NULL;
    extend(&reach, copy->length, *lanes[i]);
    if (copy->length > 0 && elementsOf(copy->outer) > 0) checkReach(reader, views[i], reach);
  }
  if (copy->outer.axes > 0) {
    const double work = (double)elementsOf(copy->outer) * copy->length * 0.5;
    reader->parts = partsOf(copy->outer.sizes[0], 1, work, reader->threads);
  }
  return copy;
}

static void runCopy(const struct Context *context, const void *operation, struct Range range) {
  const struct Copy *copy = operation;
  if (copy->length == 0 || elementsOf(copy->outer) == 0) return;
  int32_t sizes[MOST_AXES];
  for (int i = 0; i < copy->outer.axes; i++) sizes[i] = i == 0 ? (int32_t)(range.end - range.begin) : copy->outer.sizes[i];
  struct Walk walk = {.space = {copy->outer.axes, sizes}, .tensors = 2};
  stepTo(&walk, 0, context, copy->from);
  stepTo(&walk, 1, context, copy->to);
  if (copy->outer.axes > 0) {
    walk.at[0] += range.begin * copy->from.strides[0];
    walk.at[1] += range.begin * copy->to.strides[0];
  }
  const int32_t length = copy->length, from = copy->fromLane, to = copy->toLane;
  do {
    if (to == 1) gather(walk.at[1], walk.at[0], 1, length, 0, from);
    else for (int32_t i = 0; i < length; i++) walk.at[1][(int64_t)i * to] = walk.at[0][(int64_t)i * from];
  } while (next(&walk));
}

/** One number in every element. */
struct Fill {
  struct Space space;
  struct View to;
  int32_t number;
};

SMALL void *readFill(struct Reader *reader) {
  struct Fill *fill = allocate(reader, sizeof *fill);
  if (fill == NULL) return NULL;
  fill->space = spaceOf(reader);
  fill->to = viewOf(reader, fill->space);
  fill->number = word(reader);
  return fill;
}

SMALL void runFill(const struct Context *context, const void *operation, struct Range range) {
  (void)range;
  const struct Fill *fill = operation;
  if (elementsOf(fill->space) == 0) return;
  struct Walk walk = {.space = fill->space, .tensors = 1};
  stepTo(&walk, 0, context, fill->to);
  do memcpy(walk.at[0], &fill->number, 4);
  while (next(&walk));
}
