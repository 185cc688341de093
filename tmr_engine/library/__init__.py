"""The library: a collection of motion files, indexed, on disk (docs/library.md)."""

from .demo import demo_library
from .gallery import CAPTION, NAME, Gallery
from .library import Library
from .records import Caption, Clip, Failure, IndexReport

__all__ = [
    "CAPTION",
    "NAME",
    "Caption",
    "Clip",
    "Failure",
    "Gallery",
    "IndexReport",
    "Library",
    "demo_library",
]
