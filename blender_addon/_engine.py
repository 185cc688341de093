"""The one place that knows where the engine package is.

An installed extension must use relative imports and put no top-level module on the path, so the zip holds
the engine inside the add-on; in a checkout it is a sibling.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tmr_engine import errors, motion, protocol, retarget
    from tmr_engine.motion import arrays, rotation
    from tmr_engine.retarget import (
        families,
        joining,
        measures,
        performance,
        poles,
        preparing,
        roles,
        saved_mapping,
    )
else:
    _PACKED = f"{__package__}.tmr_engine"  # placed there by build_addon.py
    # find_spec and not `except ImportError`: a fault inside the engine is not taken for its absence
    ENGINE = _PACKED if find_spec(_PACKED) else "tmr_engine"
    errors = import_module(f"{ENGINE}.errors")
    motion = import_module(f"{ENGINE}.motion")
    protocol = import_module(f"{ENGINE}.protocol")
    retarget = import_module(f"{ENGINE}.retarget")
    arrays = import_module(f"{ENGINE}.motion.arrays")
    rotation = import_module(f"{ENGINE}.motion.rotation")
    families = import_module(f"{ENGINE}.retarget.families")
    joining = import_module(f"{ENGINE}.retarget.joining")
    measures = import_module(f"{ENGINE}.retarget.measures")
    performance = import_module(f"{ENGINE}.retarget.performance")
    poles = import_module(f"{ENGINE}.retarget.poles")
    preparing = import_module(f"{ENGINE}.retarget.preparing")
    roles = import_module(f"{ENGINE}.retarget.roles")
    saved_mapping = import_module(f"{ENGINE}.retarget.saved_mapping")

__all__ = [
    "arrays",
    "errors",
    "families",
    "joining",
    "measures",
    "motion",
    "performance",
    "poles",
    "preparing",
    "protocol",
    "retarget",
    "roles",
    "rotation",
    "saved_mapping",
]
