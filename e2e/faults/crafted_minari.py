"""Writes datasets in Minari's format that somebody has crafted: what HDF5 allows, and a reader may not expect.

    python crafted_minari.py DIR     a folder for each, and a line of JSON that says what is to come of it; needs h5py
"""

import functools
import json
import pathlib
import struct
import sys
import zlib

import h5py
import numpy as np

OUT = pathlib.Path(sys.argv[1])
STEPS = [5, 7]
COLUMNS = ["observations", "actions", "rewards", "terminations", "truncations", "infos/speed"]


def box(n):
    return json.dumps({"type": "Box", "dtype": "float32", "shape": [n], "low": [-9.0] * n, "high": [9.0] * n})


def metadata(**changes):
    said = {"total_episodes": len(STEPS), "total_steps": sum(STEPS), "data_format": "hdf5", "jpeg_encoding": False}
    return {**said, "observation_space": box(3), "action_space": box(2), **changes}


def values(column, steps):
    rng = np.random.default_rng(steps)
    if column == "observations":
        return rng.normal(size=(steps + 1, 3)).astype(np.float32)
    if column == "actions":
        return rng.normal(size=(steps, 2)).astype(np.float32)
    if column == "rewards":
        return rng.normal(size=steps)
    if column.startswith("infos"):
        return rng.normal(size=steps + 1)
    return np.arange(steps) == (steps - 1 if column == "truncations" else steps)


def write(name, change=lambda file: None, expect="refused", libver="earliest", said={}, swap={}, left=None, raw=None):
    """A whole dataset that `change` changes; `swap` writes single columns of the first episode otherwise."""
    data = OUT / name / "data"
    data.mkdir(parents=True)
    (data / "metadata.json").write_text(said if isinstance(said, str) else json.dumps(metadata(**said)))
    path = data / "main_data.hdf5"
    with h5py.File(path, "w", libver=libver) as file:
        for i, steps in enumerate(STEPS):
            group = file.create_group(f"episode_{i}")
            group.attrs["seed"] = i
            for column in COLUMNS:
                if column in swap and i == 0:
                    swap[column](group, column, values(column, steps))
                else:
                    group[column] = values(column, steps)
        change(file)
    if raw:
        path.write_bytes(raw(path.read_bytes()))
    print(json.dumps({"name": name, "expect": expect, "left": left or []}), flush=True)


def typed(dtype, convert=None):
    def put(group, column, data):
        made = convert(data) if convert else data.astype(dtype)
        group.create_dataset(column, data=made, dtype=dtype)

    return put


def shaped(change):
    return lambda group, column, data: group.create_dataset(column, data=change(data))


def packed(**how):
    def put(group, column, data):
        group.create_dataset(column, data=data.astype(np.float32), chunks=data.shape, **how)

    return put


def low_level(shape, file_type=h5py.h5t.IEEE_F32LE, chunk=None, filters=(), virtual=None, write_chunk=None):
    """A column that says that it has a shape, of which nothing is written, or one chunk."""

    def put(group, column, data):
        parent, _, name = column.rpartition("/")
        group = group.require_group(parent) if parent else group
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        if chunk:
            plist.set_chunk(chunk)
        for one in filters:
            plist.set_deflate(9) if one == "gzip" else plist.set_shuffle() if one == "shuffle" else plist.set_filter(
                one, h5py.h5z.FLAG_OPTIONAL, ()
            )
        made = h5py.h5d.create(group.id, name.encode(), file_type, h5py.h5s.create_simple(shape), plist)
        if write_chunk:
            made.write_direct_chunk((0,) * len(shape), write_chunk)

    return put


def virtual(source):
    def put(group, column, data):
        layout = h5py.VirtualLayout(data.shape, np.float32)
        layout[...] = h5py.VirtualSource(".", source(group, column), data.shape)
        group.create_virtual_dataset(column, layout)

    return put


def linked(link):
    def put(group, column, data):
        parent, _, name = column.rpartition("/")
        group = group.require_group(parent) if parent else group
        link(group, name)

    return put


@functools.cache
def zeros(n, passes=1):
    """Deflated zeros, again and again: one block that is repeated, and its checksum, which for zeros is 1 and their number."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = b"\x78\x9c" + block * (n >> 20) + b"\x03\x00" + struct.pack(">HH", n % 65521, 1)
    for _ in range(passes - 1):
        data = zlib.compress(data, 9)
    return data


def assign(path, value):
    def change(group, name):
        group[name] = value

    return change


def main():
    write("whole", expect="whole")
    write("whole-latest", libver="latest", expect="whole")
    named = np.dtype([("a", "f4"), ("b", "i4")])
    odd = {
        "float16": typed(np.float16),
        "text": typed("S8", lambda data: np.full(data.shape, b"word")),
        "vlen-text": typed(h5py.string_dtype(), lambda data: np.full(data.shape, "word", object)),
        "compound": typed(named, lambda data: np.zeros(data.shape, named)),
        "opaque": typed("V4", lambda data: np.zeros(data.shape, "V4")),
        "reference": lambda group, column, data: group.create_dataset(column, data.shape, h5py.ref_dtype),
        "region": lambda group, column, data: group.create_dataset(column, data.shape, h5py.regionref_dtype),
        "vlen": lambda group, column, data: group.create_dataset(column, data.shape, h5py.vlen_dtype(np.int32)),
        "complex": typed(np.complex64),
        "array": lambda group, column, data: group.create_dataset(column, data.shape, np.dtype(("f4", (3,)))),
        "scalar": shaped(lambda data: np.float32(0)),
        "null": lambda group, column, data: group.create_dataset(column, data=h5py.Empty("f4")),
        "empty": shaped(lambda data: data[:0]),
        "short": shaped(lambda data: data[:-1]),
        "long": shaped(lambda data: np.concatenate([data, data[-1:]])),
        "turned": shaped(lambda data: data.reshape((1,) + data.shape)),
        "wide": shaped(lambda data: np.stack([data, data], -1)),
        "nan": shaped(lambda data: np.full(data.shape, np.nan, np.float32)),
        "infinite": shaped(lambda data: np.full(data.shape, -np.inf)),
        "beyond": shaped(lambda data: np.full(data.shape, 2**53 + 1, np.int64)),
        "beyond-unsigned": shaped(lambda data: np.full(data.shape, 2**64 - 1, np.uint64)),
        "lzf": packed(compression="lzf"),
        "unknown-filter": low_level((4,), chunk=(4,), filters=(32015,)),
        "claims-2-40": low_level((2**40,)),
        "claims-2-60": low_level((2**60,)),
        "claims-chunked": low_level((2**40,), chunk=(2**10,)),
        "claims-gzip": low_level((2**40,), chunk=(2**20,), filters=("gzip",)),
        "claims-wide": low_level((6, 2**30)),
        "large-chunk": low_level((2**29,), chunk=(2**29,), filters=("gzip",), write_chunk=zeros(2**29)),
        "two-bombs": low_level((2**29,), chunk=(2**29,), filters=("gzip", "gzip"), write_chunk=zeros(2**30, 2)),
        "virtual-self": virtual(lambda group, column: f"{group.name}/{column}"),
        "virtual-other": virtual(lambda group, column: "/episode_1/rewards"),
        "external": lambda group, column, data: group.create_dataset(
            column, data.shape, np.float32, external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)]
        ),
        "missing": lambda group, column, data: None,
        "dangling": linked(lambda group, name: assign(name, h5py.SoftLink("/nowhere"))(group, name)),
        "soft-self": linked(lambda group, name: assign(name, h5py.SoftLink(f"{group.name}/{name}"))(group, name)),
        "external-link": linked(lambda group, name: assign(name, h5py.ExternalLink("/etc/passwd", "/x"))(group, name)),
        "external-self": linked(lambda group, name: assign(name, h5py.ExternalLink("main_data.hdf5", "/x"))(group, name)),
        "group": linked(lambda group, name: group.create_group(name)),
        "own-group": linked(lambda group, name: assign(name, group)(group, name)),
        "root": linked(lambda group, name: assign(name, group.file["/"])(group, name)),
        "type": linked(lambda group, name: assign(name, np.dtype("f4"))(group, name)),
    }
    # What infos may be: it is named as left out, or nothing that an info must not be.
    harmless = {"nan", "infinite", "missing"}
    refused = {"external", "external-link", "soft-self", "group", "own-group", "root", "beyond", "beyond-unsigned"}
    for column in COLUMNS:
        for name, put in odd.items():
            expect, left = "refused", None
            if column == "infos/speed":
                if name in harmless:
                    expect = "read"
                elif name not in refused:
                    expect, left = "read", ["speed"]
            write(f"{column.replace('/', '-')}-{name}", swap={column: put}, expect=expect, left=left)

    whole = {
        "big-endian": lambda group, column, data: group.create_dataset(column, data=data, dtype=data.dtype.newbyteorder(">")),
        "gzip": lambda group, column, data: group.create_dataset(column, data=data, chunks=data.shape, compression=9),
        "shuffle": lambda group, column, data: group.create_dataset(
            column, data=data, chunks=data.shape, compression=1, shuffle=True, fletcher32=True
        ),
        "chunks-of-1": lambda group, column, data: group.create_dataset(column, data=data, chunks=(1,) * data.ndim),
        "resizable": lambda group, column, data: group.create_dataset(
            column, data=data, chunks=True, maxshape=(None,) + data.shape[1:]
        ),
        "soft": linked(lambda group, name: None),
        "own-axis": lambda group, column, data: group.create_dataset(column, data=data.reshape(data.shape + (1,))),
    }
    for column in COLUMNS:
        for name, put in whole.items():
            if (name == "own-axis" and "infos" in column) or (name == "big-endian" and column.endswith("ations")
                                                               and column[0] == "t"):
                continue
            if name == "soft":
                def put(group, column, data):
                    group[f"away-{column}"] = data
                    group[column] = h5py.SoftLink(f"{group.name}/away-{column}")

            write(f"whole-{column.replace('/', '-')}-{name}", swap={column: put}, expect="whole")
    for dtype in ("uint8", "int8", "int32", "int64", "float32", "float64", "bool"):
        for column in ("terminations", "truncations"):
            write(f"whole-{column}-{dtype}", swap={column: typed(np.dtype(dtype))}, expect="whole")
    for value in (2, 256, 0.5, -1, 255, 1e300):
        for column in ("terminations", "truncations"):
            write(
                f"{column}-of-{value}",
                swap={column: shaped(lambda data: np.where(data, value, 0) + (value if not data.any() else 0))},
            )
    enumeration = h5py.enum_dtype({"NO": 0, "YES": 1, "PERHAPS": 2}, basetype="i1")
    for column in COLUMNS:
        write(
            f"{column.replace('/', '-')}-enumeration",
            swap={column: typed(enumeration, lambda data: np.full(data.shape, 2, np.int8))},
            # Integers where later episodes have others; 2 is no end.
            expect="read" if column in ("rewards", "infos/speed") else "refused",
        )

    # Bombs: what is packed well, and what unpacks to more than it says.
    for megabytes in (64, 256, 537, 1024, 1740):
        n = megabytes << 20
        for chunks in (1, 16):
            def bomb(group, column, data, n=n, chunks=chunks):
                size = n // 8 // chunks
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_chunk((size,))
                plist.set_deflate(9)
                made = h5py.h5d.create(group.id, column.encode(), h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((n // 8,)), plist)
                piece = zeros(n // chunks)
                for i in range(chunks):
                    made.write_direct_chunk((i * size,), piece)

            write(f"bomb-{megabytes}-{chunks}", swap={"rewards": bomb})
            write(f"bomb-{megabytes}-{chunks}-steps", swap={"rewards": bomb}, said={"total_steps": n // 8 + 7})
    for passes in (1, 2, 3):
        for column in ("rewards", "observations", "truncations"):
            shape = values(column, STEPS[0]).shape
            write(
                f"{column}-inflates-{passes}",
                swap={column: low_level(shape, chunk=shape, filters=("gzip",) * passes, write_chunk=zeros(2**30, passes))},
            )
            write(
                f"{column}-shuffled-{passes}",
                swap={
                    column: low_level(
                        shape, chunk=shape, filters=("shuffle",) + ("gzip",) * passes, write_chunk=zeros(2**29, passes)
                    )
                },
            )

    # Links in circles, depth, width.
    def nested(depth, width=1):
        def change(file):
            group = file["episode_0/infos"]
            for _ in range(depth):
                below = group.create_group("a")
                for i in range(1, width):
                    group[f"b{i}"] = below
                group = below
            group["x"] = np.zeros(6)

        return change

    def circle(length):
        def change(file):
            group = file["episode_0/infos"]
            for i in range(length):
                group = group.create_group("a")
            group["back"] = file["episode_0/infos"]

        return change

    for depth in (20, 33, 100, 2000, 20000):
        write(f"nested-{depth}", nested(depth))
    for depth in (5, 12):
        write(f"nested-{depth}", nested(depth), expect="read")
    for depth, width in ((12, 2), (40, 2), (20, 3), (30, 10)):
        write(f"paths-{depth}-{width}", nested(depth, width))
    for length in (0, 1, 2, 5, 40):
        write(f"circle-{length}", circle(length))

    def soft_circle(file):
        file["episode_0/infos/up"] = h5py.SoftLink("/episode_0")

    write("circle-soft", soft_circle)

    def many(count, kind):
        def change(file):
            infos = file["episode_0/infos"]
            for i in range(count):
                infos[f"n{i}"] = infos["speed"] if kind == "link" else np.zeros(6, np.float32)

        return change

    write("wide-20000-links", many(20000, "link"))
    write("wide-300", many(300, "column"), expect="read")

    def shared(count, steps):
        def change(file):
            group = file.create_group("large")
            for column in COLUMNS:
                group[column] = values(column, steps)
            del file["episode_0"], file["episode_1"]
            for i in range(count):
                file[f"episode_{i}"] = group

        return change

    for count, steps in ((100, 2000), (3000, 3000), (10000, 500)):
        write(f"shared-{count}", shared(count, steps), said={"total_episodes": count, "total_steps": count * steps})

    def renamed(name):
        def change(file):
            h5py.h5o.link(file["episode_0/infos/speed"].id, file["episode_0/infos"].id, name)

        return change

    for i, name in enumerate((b"\xff\xfe", b"a\nb", b"\x1b[31m", b"a.b", b"\xe2\x80\xae", b" ", b"x" * 60000, "ü".encode(), b"__proto__", b"constructor")):
        write(f"name-{i}", renamed(name), expect="read")

    def attribute(name, value):
        def change(file):
            file["episode_0"].attrs[name] = value

        return change

    texts = ["12", np.zeros(1000), np.int64(2**62), h5py.Empty("f4"), np.nan, True, np.zeros((2, 2)), ["a", "b"]]
    for i, value in enumerate(texts):
        for name in ("seed", "policy"):
            write(f"attribute-{name}-{i}", attribute(name, value), expect="read")

    def late(file):
        file["episode_1/infos/late"] = np.arange(8.0)
        file["episode_1/infos/odd"] = np.arange(3.0)

    write("late-infos", late, expect="read", left=["odd"])

    def lost(i):
        def change(file):
            del file[f"episode_{i}"]

        return change

    write("no-episode-0", lost(0))
    write("no-episode-1", lost(1))

    def column_for_group(file):
        del file["episode_1"]
        file["episode_1"] = np.zeros(3)

    write("episode-is-a-column", column_for_group)

    def infos_column(file):
        del file["episode_1/infos"]
        file["episode_1/infos"] = np.zeros(8)

    write("infos-are-a-column", infos_column)

    # What metadata.json says.
    numbers = [-1, 0, 11, 13, 1e308, 2**63, 1.5, "12", None, [12], {"n": 12}, True]
    for i, value in enumerate(numbers):
        write(f"total-steps-{i}", said={"total_steps": value})
        write(f"total-episodes-{i}", said={"total_episodes": value})
    discrete = lambda n, start: json.dumps({"type": "Discrete", "dtype": "int64", "n": n, "start": start})
    deep = '{"type": "Tuple", "subspaces": [' * 400 + discrete(2, 0) + "]}" * 400
    spaces = [
        '{"type": "Box", "dtype": "float32", "shape": [1000000000], "low": -1, "high": 1}',
        '{"type": "Box", "dtype": "float32", "shape": [100000, 100000], "low": [-1], "high": [1]}',
        '{"type": "Box", "dtype": "float32", "shape": [3], "low": [], "high": []}',
        '{"type": "Box", "dtype": "float128", "shape": [3], "low": [0, 0, 0], "high": [1, 1, 1]}',
        '{"type": "Box", "dtype": "float32", "shape": [-3], "low": [0, 0, 0], "high": [1, 1, 1]}',
        '{"type": "Box", "dtype": "float32", "shape": [3], "low": [1, 1, 1], "high": [0, 0, 0]}',
        '{"type": "MultiBinary", "n": 1000000000000}',
        '{"type": "MultiBinary", "n": [100000, 100000, 100000]}',
        '{"type": "MultiDiscrete", "dtype": "int64", "nvec": [3, 3, 3], "start": [0, 0]}',
        '{"type": "Graph"}', '{"type": "Sequence"}', '{"type": "Text", "min_length": 0, "max_length": 9, "charset": "ab"}',
        '{"type": "OneOf", "subspaces": []}', '{"type": "Dict", "subspaces": {}}', '{"type": "Tuple", "subspaces": []}',
        discrete(2**24 + 1, 1), discrete(2, 2**40), discrete(2**60, 0), discrete(0, 0), discrete(3, 0),
        deep, "[" * 100000, "null", "", "{", '"Box"', json.dumps({"type": "q" * 20000}),
        json.dumps({"type": "Dict", "subspaces": {"__proto__": json.loads(box(3))}}),
    ]
    for i, space in enumerate(spaces):
        write(f"observation-space-{i}", said={"observation_space": space})
        write(f"action-space-{i}", said={"action_space": space})
    for i, text in enumerate(["", "null", "[]", "{", "[" * 50000, '{"total_steps": 12}', "\x00", json.dumps(metadata())[:-9]]):
        write(f"metadata-{i}", said=text)
    for i, spec in enumerate(["{", "[" * 9999, '{"id": 3, "kwargs": 3}', '{"id": "A-v0", "kwargs": 3}', "q" * 10**6]):
        write(f"env-spec-{i}", said={"env_spec": spec}, expect="either")

    # Bytes that are lost or changed: HDF5 has no checksums here, so that numbers may be other ones.
    rng = np.random.default_rng(0)
    cut = lambda share: lambda data: data[: int(len(data) * share)]
    for i in range(30):
        write(f"cut-{i}", raw=cut(i / 30))
    def flip(seed, libver_part):
        def change(data):
            made = bytearray(data)
            rng = np.random.default_rng(seed)
            for _ in range(1 + seed % 3):
                made[rng.integers(len(made) if libver_part else 2500)] ^= 1 << int(rng.integers(8))
            return bytes(made)

        return change

    for i in range(120):
        write(f"flip-{i}", raw=flip(i, i % 2), expect="either", libver="latest" if i % 4 == 0 else "earliest")
    for i in range(20):
        write(f"noise-{i}", raw=lambda data: data[:512] + np.random.default_rng(i).bytes(len(data) - 512), expect="refused")
    for i, junk in enumerate([b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04" * 99, bytes(4096), b"\x89HDF\r\n\x1a\n" + b"\xff" * 4000]):
        write(f"junk-{i}", raw=lambda data: junk)


main()
