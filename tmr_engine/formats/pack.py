"""TMR pack (.tmrpack): many clips in one small file, each readable on its own.

Layout, little-endian: 8 bytes magic, uint32 version, uint32 size of the index, uint32 CRC-32 of the index,
the index (UTF-8 JSON, zlib), then one zlib stream a clip. The index lists the skeletons, and of every clip
its take, skeleton, frames, fps, and the place, size and CRC-32 of its stream.

A stream holds the quaternions as int16 (1 = 32767) and the root translation as int32 (1 = 0.01 mm). Each
number is stored as its difference from the frame before, channel by channel, the low bytes of all apart from
the high bytes: motion is smooth, so the high bytes are nearly all zero and deflate well (docs/demo-library.md
has the sizes and the errors measured).
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from ..atomic import replacing
from ..errors import MotionFileError
from ..motion import Motion, Skeleton, Source, rotation
from ..motion.rotation import FloatArray
from .reader import MAX_JOINTS, Reader, ReadOptions

SUFFIX = ".tmrpack"

_MAGIC = b"TMRPACK\n"
_VERSION = 1
_HEAD = struct.Struct("<8sIII")
_MAX_INDEX = 64 << 20  # bytes, packed or not: half a million clips
_MAX_CLIP = 1 << 30  # bytes of one clip unpacked: 2 h of 77 joints at 120 fps is half of it
_QUATERNION_ONE = 32767.0
_ROOT_STEP_M = 1e-5
_DIGITS = 9  # decimals of the skeleton's numbers in the index: a nanometre


@dataclass(frozen=True)
class PackEntry:
    """One clip to be written.

    Args:
        take: its name in the pack, unique there.
        motion: what it shows; its warnings and its source path are not stored.
    """

    take: str
    motion: Motion


@dataclass(frozen=True)
class _Clip:
    take: str
    skeleton: int
    frames: int
    fps: float
    start_s: float
    place: int
    size: int
    crc: int


def write_pack(path: str | os.PathLike[str], motions: Iterable[PackEntry]) -> None:
    """Write clips into one file, in the order given; the same clips give the same bytes.

    The file appears whole or not at all.

    Raises:
        MotionFileError: two entries share a take name, or a root is too far away to be stored (21 km).
        OSError: the file cannot be written.
    """
    skeletons: list[dict[str, Any]] = []
    clips: dict[str, dict[str, Any]] = {}
    streams: list[bytes] = []
    place = 0
    for entry in motions:
        if entry.take in clips:
            raise MotionFileError(f'two clips are called "{entry.take}"', where=str(path))
        described = _describe_skeleton(entry.motion.skeleton)
        if described not in skeletons:
            skeletons.append(described)
        stream = _encode(entry)
        clips[entry.take] = {
            "take": entry.take,
            "skeleton": skeletons.index(described),
            "frames": len(entry.motion),
            "fps": float(entry.motion.fps),
            "start_s": float(entry.motion.source.start_s),
            "place": place,
            "size": len(stream),
            "crc": zlib.crc32(stream),
        }
        streams.append(stream)
        place += len(stream)
    text = json.dumps({"skeletons": skeletons, "clips": list(clips.values())}, ensure_ascii=False)
    index = zlib.compress(text.encode("utf-8"), 9)
    with replacing(Path(path)) as file:
        file.write(_HEAD.pack(_MAGIC, _VERSION, len(index), zlib.crc32(index)))
        file.write(index)
        file.writelines(streams)


class Pack:
    """An opened pack: the index is in memory, clips are read from the file when they are asked for."""

    def __init__(self, path: Path, skeletons: list[Skeleton], clips: dict[str, _Clip]) -> None:
        self._path, self._skeletons, self._clips = path, skeletons, clips

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Pack:
        """Read the index of a pack.

        Raises:
            MotionFileError: the file is no pack, is of a newer version, is damaged or cut short. It does not
                name the file: whoever asked for it does (the table of readers).
            OSError: it cannot be opened.
        """
        file_path = Path(path)
        with file_path.open("rb") as file:
            packed = _read_index(file)
            streams = file.tell()
            room = os.fstat(file.fileno()).st_size - streams
        try:
            index = json.loads(_inflate(packed, _MAX_INDEX), parse_constant=_no_constant)
            skeletons = [_skeleton(item) for item in index["skeletons"]]
            clips = [_Clip(**item) for item in index["clips"]]
            for clip in clips:
                _check_clip(clip, skeletons, room)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError, zlib.error) as error:
            raise MotionFileError(f"the index of the pack is damaged ({error})") from error
        placed = {clip.take: replace(clip, place=clip.place + streams) for clip in clips}
        return cls(file_path, skeletons, placed)

    @property
    def takes(self) -> tuple[str, ...]:
        """The names of the clips, in file order."""
        return tuple(self._clips)

    def read(self, take: str) -> Motion:
        """One clip; only its own bytes are read.

        Raises:
            MotionFileError: no clip has this name, or its data is damaged.
            OSError: the file cannot be opened any more.
        """
        clip = self._clips.get(take)
        if clip is None:
            raise MotionFileError(f'the pack has no clip "{take}"')
        with self._path.open("rb") as file:
            file.seek(clip.place)
            stream = file.read(clip.size)
        if len(stream) != clip.size or zlib.crc32(stream) != clip.crc:
            _damaged(f'the data of clip "{take}" does not have its checksum')
        skeleton = self._skeletons[clip.skeleton]
        try:
            roots, rotations = _decode(stream, clip.frames, len(skeleton))
        except (ValueError, zlib.error) as error:
            raise MotionFileError(f'clip "{take}" is damaged ({error})') from error
        end_s = clip.start_s + (clip.frames - 1) / clip.fps
        source = Source(str(self._path), take, clip.start_s, end_s)
        return Motion(skeleton, roots, rotations, clip.fps, source)


def read(path: Path, _options: ReadOptions) -> list[Motion]:
    """Every clip of a pack (a pack leaves nothing open that options could decide)."""
    pack = Pack.open(path)
    return [pack.read(take) for take in pack.takes]


READER = Reader("TMR pack", (SUFFIX,), read)


def _read_index(file: IO[bytes]) -> bytes:
    """The compressed index; the file stands behind it."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or head[:8] != _MAGIC:
        raise MotionFileError("the file is no TMR pack, or its first bytes are damaged")
    _, version, size, crc = _HEAD.unpack(head)
    if version != _VERSION:
        raise MotionFileError(
            f"the pack is of version {version}, this program reads version {_VERSION}",
            fix="update the program",
        )
    if size > min(_MAX_INDEX, os.fstat(file.fileno()).st_size - _HEAD.size):
        _damaged("the index is longer than the file")
    packed = file.read(size)
    if zlib.crc32(packed) != crc:
        _damaged("the index does not have its checksum")
    return packed


def _describe_skeleton(skeleton: Skeleton) -> dict[str, Any]:
    return {
        "names": list(skeleton.names),
        "parents": skeleton.parents.tolist(),
        "offsets": skeleton.offsets.round(_DIGITS).tolist(),
        "rest_rotations": skeleton.rest_rotations.round(_DIGITS).tolist(),
    }


def _skeleton(item: dict[str, Any]) -> Skeleton:
    names = item["names"]
    if not 0 < len(names) <= MAX_JOINTS or not all(isinstance(name, str) for name in names):
        raise ValueError("a skeleton has impossible joint names")
    parents = np.array(item["parents"], dtype=np.int64)
    offsets = np.array(item["offsets"], dtype=np.float64)
    rests = np.array(item["rest_rotations"], dtype=np.float64)
    if not (np.isfinite(offsets).all() and np.isfinite(rests).all()):
        raise ValueError("a skeleton has numbers that are not finite")
    return Skeleton(tuple(names), parents, offsets, rotation.normalize(rests))


def _check_clip(clip: _Clip, skeletons: list[Skeleton], room: int) -> None:
    whole = (clip.skeleton, clip.frames, clip.place, clip.size, clip.crc)
    if not isinstance(clip.take, str) or not all(type(number) is int for number in whole):
        raise ValueError("a clip's entry has a value of the wrong kind")
    if not 0 <= clip.skeleton < len(skeletons):
        raise ValueError(f'clip "{clip.take}" has no skeleton')
    if clip.frames < 1 or _raw_size(clip.frames, len(skeletons[clip.skeleton])) > _MAX_CLIP:
        raise ValueError(f'clip "{clip.take}" has {clip.frames} frames')
    if clip.place < 0 or clip.size < 1 or clip.place + clip.size > room:
        raise ValueError(f'clip "{clip.take}" lies outside the file')
    if not (0.0 < clip.fps < 10_000.0 and 0.0 <= clip.start_s < 1e9):
        raise ValueError(f'clip "{clip.take}" has an impossible time')


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} in the index")


def _damaged(why: str) -> NoReturn:
    raise MotionFileError("the pack is damaged", why=why, fix="get the file again")


def _raw_size(frames: int, joints: int) -> int:
    return frames * (joints * 4 * 2 + 3 * 4)


def _inflate(packed: bytes, limit: int) -> bytes:
    """At most `limit` bytes; a stream that holds more, or ends early, is an error."""
    inflater = zlib.decompressobj()
    raw = inflater.decompress(packed, limit)
    if not inflater.eof:
        raise ValueError("a compressed part is longer than it says, or cut short")
    return raw


def _encode(entry: PackEntry) -> bytes:
    motion = entry.motion
    turns = rotation.continuous(rotation.normalize(motion.rotations.astype(np.float64)))
    numbers = np.rint(turns.reshape(len(motion), -1) * _QUATERNION_ONE).astype(np.int16)
    steps = np.rint(motion.root_translation.astype(np.float64) / _ROOT_STEP_M)
    if np.abs(steps).max() > np.iinfo(np.int32).max:
        raise MotionFileError(f'the root of clip "{entry.take}" is more than 21 km from the origin')
    planes = _to_planes(numbers.view(np.uint16)) + _to_planes(steps.astype(np.int32).view(np.uint32))
    return zlib.compress(planes, 9)


def _decode(stream: bytes, frames: int, joints: int) -> tuple[FloatArray, FloatArray]:
    """Root translation (T, 3) in metres and unit rotations (T, J, 4)."""
    size = _raw_size(frames, joints)
    raw = np.frombuffer(_inflate(stream, size + 1), dtype=np.uint8)
    if len(raw) != size:
        raise ValueError(f"{len(raw)} bytes where {size} are expected")
    split = frames * joints * 8
    numbers = _from_planes(raw[:split], 2, frames).view(np.int16)
    steps = _from_planes(raw[split:], 4, frames).view(np.int32)
    turns = numbers.astype(np.float64)
    turns = turns.reshape(joints, 4, frames)
    lengths = np.sqrt(np.einsum("jct,jct->jt", turns, turns))
    if lengths.min() < 0.9 * _QUATERNION_ONE:
        raise ValueError("a rotation is no unit quaternion")
    turns /= lengths[:, None]
    return steps.T * _ROOT_STEP_M, np.ascontiguousarray(turns.transpose(2, 0, 1))


def _to_planes(numbers: np.ndarray) -> bytes:
    """Unsigned integers (T, C) to the byte planes of their differences along time, channel by channel."""
    columns = np.ascontiguousarray(numbers.T)
    differences = columns.copy()
    differences[:, 1:] -= columns[:, :-1]  # wraps around, and back again in the sum
    width = differences.dtype.itemsize
    little = differences.astype(differences.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, width).T.tobytes()


def _from_planes(planes: np.ndarray, width: int, frames: int) -> np.ndarray:
    """The way back: unsigned integers (C, T)."""
    packed = np.ascontiguousarray(planes.reshape(width, -1).T)
    differences = packed.view(f"<u{width}").reshape(-1, frames).astype(f"=u{width}")
    return np.cumsum(differences, axis=1, dtype=differences.dtype)
