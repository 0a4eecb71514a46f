"""Wrappers that are named as data: settings may be somebody else's, so a name may lead to a wrapper and to nothing else.

They are those of Gymnasium's that act on what an environment gives and takes alone, and those of the package whose module the
environment's id has named, by their whole names.
"""

import importlib

import gymnasium

# Those that record, show or keep statistics of their own are left out.
NAMES = frozenset(
    (
        "AddRenderObservation AtariPreprocessing ClipAction ClipReward DelayObservation DiscretizeAction "
        "DiscretizeObservation DtypeObservation FilterObservation FlattenObservation FrameStackObservation "
        "GrayscaleObservation MaxAndSkipObservation RepeatAction RescaleAction RescaleObservation ReshapeObservation "
        "ResizeObservation StickyAction TimeAwareObservation"
    ).split()
)


class Unknown(Exception):
    """A wrapper that there is not, in words for the user."""


def find(name, package):
    """The class of this name: of Gymnasium's, or `package.module.Name`. Raises Unknown."""
    if name in NAMES and hasattr(gymnasium.wrappers, name):
        return getattr(gymnasium.wrappers, name)
    module, _, own_name = name.rpartition(".")
    if package is not None and module.partition(".")[0] == package:
        try:
            found = vars(importlib.import_module(module)).get(own_name)
        except ImportError as error:
            raise Unknown(f"there is no wrapper {name}: {error}") from None
        if isinstance(found, type) and issubclass(found, gymnasium.Wrapper):
            return found
        raise Unknown(f"there is no wrapper {own_name} in {module}")
    of_package = f", or one of {package}'s by its whole name, {package}.wrappers.Name" if package else ""
    raise Unknown(f"got the wrapper {name}, expected one of {', '.join(sorted(NAMES))}{of_package}")


def tuples(x):
    """Lists as the tuples that wrappers want."""
    if isinstance(x, dict):
        return {key: tuples(value) for key, value in x.items()}
    return tuple(map(tuples, x)) if isinstance(x, list) else x
