"""The library: a collection of motion files, indexed, on disk (docs/library.md)."""

from .demo import demo_library
from .gallery import CAPTION, NAME, Gallery
from .latents import MotionGallery
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
    "MotionGallery",
    "demo_library",
]
