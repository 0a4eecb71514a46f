"""Values of Gymnasium's spaces as rows of numbers, with nothing lost.

A row has the numbers of a value one after another, in one type that holds them all. A Discrete is its integer, not a one-hot. The
parts of a Dict stand in the order of their names, those of a Tuple in theirs. A text takes no numbers: it travels beside the row.
"""

import math

import numpy as np
from gymnasium import spaces

KNOWN = "a Box, Discrete, MultiDiscrete or MultiBinary, or a Dict or Tuple of them"


class Unknown(Exception):
    """A space whose values are no rows of numbers, in words for the user."""


class Misfit(Exception):
    """A value that is not of its space, in words for the user."""


# Characters of a value that a line says.
MOST_SAID = 1000


def one_line(text):
    line = " ".join(str(text).split())
    return line if len(line) <= MOST_SAID else f"{line[:MOST_SAID]}… ({len(line)} characters)"


def is_text(space):
    # MiniGrid has a space of its own for its missions.
    return isinstance(space, spaces.Text) or (space.dtype is not None and space.dtype.kind == "U")


def parts_of(space):
    """The parts of a Dict or Tuple by their keys there, in the order of a row; None for a space that has none."""
    if isinstance(space, spaces.Dict):
        # As JavaScript sorts names.
        return sorted(space.spaces.items(), key=lambda part: str(part[0]).encode("utf-16-be", "surrogatepass"))
    return list(enumerate(space.spaces)) if isinstance(space, spaces.Tuple) else None


def fits_int32(low, high):
    return low >= -(2**31) and high < 2**31


def wire_type(space):
    """The type in which a space's values travel: one that typed arrays have, and that holds them all. None for a text."""
    parts = parts_of(space)
    if parts is not None:
        return common_type({wire_type(part) for _, part in parts} - {None})
    if isinstance(space, spaces.Discrete):
        return "int32" if fits_int32(int(space.start), int(space.start) + int(space.n) - 1) else "float64"
    if isinstance(space, spaces.MultiDiscrete):
        return "int32"
    if isinstance(space, spaces.MultiBinary):
        return "uint8"
    if not isinstance(space, spaces.Box):
        return None
    kind = space.dtype
    if kind.kind == "f":
        return "float64" if kind.itemsize > 4 else "float32"
    if kind.kind == "b" or kind == np.uint8:
        return "uint8"
    return "int32" if fits_int32(space.low.min(), space.high.max()) else "float64"


def common_type(types):
    """The smallest that holds all numbers of these types."""
    for kind, holds in (("uint8", {"uint8"}), ("int32", {"uint8", "int32"}), ("float32", {"uint8", "float32"})):
        if types <= holds:
            return kind
    return "float64"


def bounds(values):
    """A list of numbers, or one where all are the same; ±∞ as null."""
    flat = [v if math.isfinite(v) else None for v in np.asarray(values, np.float64).ravel().tolist()]
    return flat[0] if len(set(flat)) == 1 else flat


def describe(space):
    """A space as JSON; `dtype` is the type in which its values travel. Raises Unknown."""
    parts = parts_of(space)
    if parts is None and is_text(space):
        charset = "".join(getattr(space, "character_list", ())) or None
        shortest, longest = getattr(space, "min_length", 0), getattr(space, "max_length", None)
        return {"type": "Text", "minLength": shortest, "maxLength": longest, "charset": charset}
    common = {"type": type(space).__name__, "dtype": wire_type(space)}
    for kind in (spaces.Dict, spaces.Tuple, spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary):
        # A class of one's own is what it was made of.
        if isinstance(space, kind):
            common["type"] = kind.__name__
    if isinstance(space, spaces.Dict):
        return {**common, "spaces": {str(name): describe(part) for name, part in parts}}
    if isinstance(space, spaces.Tuple):
        return {**common, "spaces": [describe(part) for _, part in parts]}
    if isinstance(space, spaces.Box) and space.dtype.kind not in "fiub":
        raise Unknown(one_line(space))
    if isinstance(space, spaces.Box):
        return {**common, "shape": space.shape, "low": bounds(space.low), "high": bounds(space.high)}
    if isinstance(space, spaces.Discrete):
        return {**common, "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiDiscrete):
        return {**common, "nvec": space.nvec.ravel().tolist(), "start": space.start.ravel().tolist()}
    if isinstance(space, spaces.MultiBinary):
        return {**common, "shape": space.shape}
    raise Unknown(one_line(space))


def differ(a, b):
    # Lists of a few numbers are compared in a tenth of the time.
    return a.tolist() != b.tolist() if a.size < 64 else np.count_nonzero(a != b) > 0


class Leaf:
    """A part that has no parts: the keys that lead to it, and where it lies in a row."""

    def __init__(self, keys, space, start):
        self.keys, self.space, self.start = keys, space, start
        self.is_text = is_text(space)
        self.shape = () if self.is_text else space.shape
        self.end = start if self.is_text else start + math.prod(self.shape)
        self.type = None if self.is_text else np.dtype(wire_type(space))
        self.is_whole = self.type is not None and self.type.kind in "iu"
        self.name = "".join(f"[{key!r}]" for key in keys)


def leaves_of(space, keys=(), start=0):
    parts = parts_of(space)
    if parts is None:
        return [Leaf(keys, space, start)]
    leaves = []
    for key, part in parts:
        leaves += leaves_of(part, (*keys, key), leaves[-1].end if leaves else start)
    return leaves


class Rows:
    """Puts values of a space into rows, and takes them from there."""

    def __init__(self, space):
        self.space = space
        self.leaves = leaves_of(space)
        self.has_parts = parts_of(space) is not None
        self.size = self.leaves[-1].end if self.leaves else 0
        self.type = np.dtype(wire_type(space) or np.uint8)
        self.texts = [leaf for leaf in self.leaves if leaf.is_text]
        self.numbers = [leaf for leaf in self.leaves if not leaf.is_text]

    def bytes_of(self, value):
        """The row of a value. Raises Misfit."""
        if not self.has_parts:
            return b"" if self.texts else self.array_of(value, self.leaves[0]).tobytes()
        row = np.empty(self.size, self.type)
        for leaf in self.numbers:
            row[leaf.start : leaf.end] = self.array_of(self.part(value, leaf), leaf).ravel()
        return row.tobytes()

    def part(self, value, leaf):
        part = value
        try:
            for key in leaf.keys:
                part = part[key]
        except (TypeError, LookupError):
            raise Misfit(f"the observation {one_line(value)}, expected one with the part {leaf.name}") from None
        return part

    def array_of(self, part, leaf):
        at = f" at {leaf.name}" if leaf.name else ""
        # Numpy would drop the imaginary part.
        if np.iscomplexobj(part):
            raise Misfit(f"the observation {one_line(part)}{at}, expected numbers that are not complex")
        try:
            given = array = np.asarray(part, None if leaf.is_whole else leaf.type)
            if given.dtype != leaf.type:
                array = given.astype(leaf.type)
        except (TypeError, ValueError, OverflowError):
            raise Misfit(f"the observation {one_line(part)}{at}, expected numbers") from None
        if array.shape != leaf.shape:
            said = f"an observation of the shape {list(array.shape)}{at}"
            raise Misfit(f"{said}, its observation space says {list(leaf.shape)}")
        # An array of integers would round, or begin anew where it ends, without a word.
        if array is not given and differ(array, given):
            raise Misfit(f"the observation {one_line(part)}{at}, its observation space has whole numbers of {leaf.type}")
        return array

    def texts_of(self, value):
        return [str(self.part(value, leaf)) for leaf in self.texts]

    def values_of(self, rows):
        """The values of [n, size] rows, each of the types and shapes that its space has."""
        if not self.has_parts:
            return rows.astype(self.space.dtype).reshape(len(rows), *self.space.shape)
        return [self.value_of(row, self.space, iter(self.leaves)) for row in rows]

    def value_of(self, row, space, leaves):
        parts = parts_of(space)
        if parts is None:
            leaf = next(leaves)
            # A number of a Discrete is one, not an array without a shape.
            return row[leaf.start : leaf.end].astype(space.dtype).reshape(leaf.shape)[()]
        values = [(key, self.value_of(row, part, leaves)) for key, part in parts]
        return dict(values) if isinstance(space, spaces.Dict) else tuple(value for _, value in values)
