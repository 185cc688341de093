"""The model on Blender's own Pythons (3.11 with NumPy 1.26, 3.13 with 2) against tokenizers and torch."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.engine.model.strings import CORNERS, random_strings

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from tmr_engine.model import load_sentence_encoder
from tmr_engine.model.bundle import open_bundle
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER, KIND, tokenizer_of
texts = json.load(open(sys.argv[2] + "/texts.json", encoding="utf-8"))
tokenizer = tokenizer_of(open_bundle(DEFAULT_FOLDER, KIND))
ids = [tokenizer.encode(text) for text in texts["tokenise"]]
json.dump(ids, open(sys.argv[2] + "/ids.json", "w"))
np.save(sys.argv[2] + "/vectors.npy", load_sentence_encoder().encode(texts["encode"]))
print(sys.version_info[:2], np.__version__)
"""

SENTENCES = [
    "walk",
    "a person walks slowly forward and then turns",
    "",
    "\u4e2d\u6587 caf\u00e9 [MASK]",
    "jump " * 300,
]


NUMPY_OF = {"4.5": "1", "5.2": "2"}


@pytest.mark.torch
@pytest.mark.parametrize("blender", NUMPY_OF)
def test_ids_and_vectors_are_the_same_on_blenders_own_python(blender, source_folder, bundle_folder, tmp_path):
    from tokenizers import Tokenizer

    from tmr_engine.model import load_sentence_encoder

    python = ROOT / ".blender" / blender / "bin" / "python"
    if not python.exists():
        pytest.skip(f"Blender {blender} as a Python module is not set up (make test does it)")
    tokenise = [*CORNERS, *random_strings(20_000, seed=7)]
    (tmp_path / "texts.json").write_text(
        json.dumps({"tokenise": tokenise, "encode": SENTENCES}), encoding="utf-8"
    )
    done = subprocess.run(
        [python, "-I", "-c", SCRIPT, ROOT, tmp_path], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1].split(".")[0] == NUMPY_OF[blender]

    reference = Tokenizer.from_file(str(source_folder / "tokenizer.json"))
    reference.no_padding()
    reference.enable_truncation(256)
    expected = [encoding.ids for encoding in reference.encode_batch(tokenise)]
    assert json.loads((tmp_path / "ids.json").read_text()) == expected
    vectors = load_sentence_encoder(bundle_folder, backend="torch").encode(SENTENCES)
    assert np.abs(np.load(tmp_path / "vectors.npy") - vectors).max() < 1e-5
