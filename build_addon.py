"""Builds the extension: one zip for every system and every Blender from 4.2 on.

    python build_addon.py                  engine, sentence model and demo library inside
    python build_addon.py --target own     only what is CC0 or our own, for the extensions platform

The zip is the same to the byte whenever the files in it are: members are sorted, dated 1980 and stored with
fixed rights. It is checked with Blender's own extension tool when a Blender is found (see `find_tool`).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SIZE_LIMIT = 100_000_000  # bytes; the extensions platform takes 200 MB, we keep half of it free

# folders of the checkout -> their place in the zip
CONTENTS = {
    "blender_addon": "",
    "tmr_engine": "tmr_engine",
    "bundled_models": "bundled_models",
}
# development only, at any depth
LEFT_OUT_PARTS = {"__pycache__", "rebuild", "training", "evaluation", "datasets", "annotating"}
LEFT_OUT_FILES = {"build_minilm.py"}
LEFT_OUT_SUFFIXES = {".pyc", ".part", ".stamp"}
# what is neither CC0 nor GPL: motions under other licences, the sentence model (Apache-2.0), and the motion
# model, whose weights were learned from share-alike data (CC BY-SA)
NOT_OWN = ("tmr_engine/demo_library/", "bundled_models/all-MiniLM-L6-v2/", "bundled_models/tmr-open/")
NOT_OWN_EXCEPT = (".py",)
MANIFEST = "blender_manifest.toml"
# lines of the manifest's lists that are about our own work
OWN_CREDITS = ("SPDX:GPL-3.0-or-later", "TMR Motion Search contributors")


def members(target: str) -> Iterator[tuple[str, Path]]:
    """Every file that goes into the zip: its name there and where it lies here, sorted by name."""
    found: dict[str, Path] = {"LICENSE": ROOT / "LICENSE"}
    for folder, place in CONTENTS.items():
        base = ROOT / folder
        for path in base.rglob("*"):
            inside = path.relative_to(base)
            hidden = any(part.startswith(".") for part in inside.parts)
            if not path.is_file() or hidden or LEFT_OUT_PARTS & set(inside.parts):
                continue
            if path.suffix in LEFT_OUT_SUFFIXES or path.name in LEFT_OUT_FILES:
                continue
            name = (Path(place) / inside).as_posix()
            if target == "own" and name.startswith(NOT_OWN) and not name.endswith(NOT_OWN_EXCEPT):
                continue
            found[name] = path
    yield from sorted(found.items())


def content(target: str, name: str, path: Path) -> bytes:
    """What a member holds: the file, but the own target's manifest names nobody whose work is left out."""
    held = path.read_bytes()
    if target == "full" or name != MANIFEST:
        return held
    lines = held.decode("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith('  "') or any(own in line for own in OWN_CREDITS)]
    return "".join(kept).encode("utf-8")


def write_zip(target: str, out: Path) -> None:
    """Writes the zip aside and renames it, so that a broken build leaves no half of one."""
    aside = out.with_suffix(".part")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in members(target):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.create_system = 3  # the same on every system
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content(target, name, path))
    os.replace(aside, out)


def missing_parts(target: str) -> list[str]:
    """What has to be there before a zip is worth building, and how to get it."""
    needed = {f"blender_addon/{MANIFEST}": "restore the checkout"}
    if target == "full":
        needed["bundled_models/all-MiniLM-L6-v2/weights.safetensors"] = "run: make model"
        needed["bundled_models/all-MiniLM-L6-v2/vocab.txt"] = "run: make model"
    return [f"{name} is missing; {cure}" for name, cure in needed.items() if not (ROOT / name).is_file()]


def print_sizes(out: Path) -> int:
    """Prints what takes the space, largest first, and returns the size of the zip in bytes."""
    groups: dict[str, int] = {}
    with zipfile.ZipFile(out) as archive:
        for info in archive.infolist():
            parts = info.filename.split("/")
            group = "/".join(parts[:2]) if parts[0] in CONTENTS and len(parts) > 2 else parts[0]
            if group.endswith(".py") or len(parts) == 1:
                group = "add-on"
            groups[group] = groups.get(group, 0) + info.compress_size
    for group, size in sorted(groups.items(), key=lambda item: -item[1]):
        print(f"  {size / 1e6:8.3f} MB  {group}")
    total = out.stat().st_size
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    print(f"  {total / 1e6:8.3f} MB  in all, sha256 {digest[:16]}")
    return total


def find_tool() -> list[str] | None:
    """Blender's own extension tool: `blender --command extension`, or the same script in a bpy module."""
    blender = os.environ.get("TMR_BLENDER", "")
    if blender and not Path(blender).name.startswith("python"):
        return [blender, "--background", "--command", "extension"]
    scripts = sorted(ROOT.glob(".blender/*/lib/python3*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli"))
    if scripts:
        return [sys.executable, str(scripts[-1] / "blender_ext.py")]
    return None


def validate(out: Path) -> bool:
    """Asks Blender's own tool about the zip; True when it is content (or not here, which is said)."""
    tool = find_tool()
    if tool is None:
        print("  not validated: no Blender found (set TMR_BLENDER, or run: make blenders)")
        return True
    done = subprocess.run([*tool, "validate", str(out)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"Blender's extension tool refuses {out.name}:\n{done.stdout}{done.stderr}", file=sys.stderr)
        return False
    print("  validated by Blender's extension tool")
    return True


def build(target: str, folder: Path) -> Path | None:
    """Builds, measures and validates one target; None (and a message) when it cannot be shipped."""
    problems = missing_parts(target)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return None
    manifest = tomllib.loads((ROOT / "blender_addon" / MANIFEST).read_text(encoding="utf-8"))
    suffix = "" if target == "full" else f"-{target}"
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / f"{manifest['id']}-{manifest['version']}{suffix}.zip"
    write_zip(target, out)
    print(f"{out.name}")
    if print_sizes(out) > SIZE_LIMIT:
        print(f"{out.name} is over {SIZE_LIMIT / 1e6:.0f} MB; leave something out", file=sys.stderr)
        return None
    return out if validate(out) else None


def main() -> int:
    """Command line; 0 when every asked target was built and passed."""
    parser = argparse.ArgumentParser(description="Builds the Blender extension.")
    parser.add_argument("--target", choices=["full", "own", "all"], default="all")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the zips")
    options = parser.parse_args()
    targets = ["full", "own"] if options.target == "all" else [options.target]
    built = [build(target, options.out) for target in targets]
    return 0 if all(built) else 1


if __name__ == "__main__":
    sys.exit(main())
