"""Data sets of motions with captions, in every layout that the field uses. NumPy only.

dataset = load_dataset("demo", "train")
dataset.keys, dataset.captions(0), dataset.features(0)
"""

from .dataset import Caption, Dataset, DatasetError, Item, MotionPlace
from .layout import Places, published_subset
from .load import LAYOUTS, load_dataset
from .statistics import read_statistics, write_statistics

__all__ = [
    "LAYOUTS",
    "Caption",
    "Dataset",
    "DatasetError",
    "Item",
    "MotionPlace",
    "Places",
    "load_dataset",
    "published_subset",
    "read_statistics",
    "write_statistics",
]
