"""What is measured and read in the clips, made beforehand, so that a first start has no work."""

from __future__ import annotations

from pathlib import Path

from ...formats.pack import Pack
from ...library.known_motions import KnownMotions, write_known
from ...library.reading import facet_row, hash_file
from ...model.tmr import load_tmr
from ...search.motion_signal import MotionSignal
from .sources import PACK


def write_known_motions(folders: list[Path], model: Path) -> int:
    """Writes `clips.known.npz` into each folder of the demo library.

    Args:
        folders: each with its pack.
        model: the bundle of TMR that ships.

    Returns:
        The number of takes.

    Raises:
        BundleError: the model cannot be read.
    """
    signal = MotionSignal(load_tmr(model))
    count = 0
    for folder in folders:
        pack = Pack.open(folder / PACK)
        motions = {take: pack.read(take) for take in pack.takes}
        latents = dict(zip(motions, signal.encode(list(motions.values())), strict=True))
        known = KnownMotions(
            content_hash=hash_file(folder / PACK),
            facets={take: facet_row(motion) for take, motion in motions.items()},
            model_id=signal.model_id,
            latents={take: latent.astype("<f2") for take, latent in latents.items() if latent is not None},
        )
        write_known(folder / PACK, known)
        count += len(motions)
    return count
