"""The engine that most people would write: torch and transformers behind the same pipe, for `serving.py`.

    python -m benchmarks.torch_engine MODEL_FOLDER VECTORS.npy

Says `ready` when the model is loaded; then reads a sentence a line and answers with the best row and score.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer


def main(model_folder: str, vectors_file: str) -> None:
    """Serves until standard input ends."""
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModel.from_pretrained(model_folder).eval()
    gallery = torch.from_numpy(np.load(vectors_file))
    print("ready", flush=True)
    for line in sys.stdin:
        tokens = tokenizer([line.strip()], return_tensors="pt", truncation=True, max_length=256)
        with torch.inference_mode():
            hidden = model(**tokens).last_hidden_state
            mask = tokens["attention_mask"][..., None]
            mean = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)[0]
            best = torch.topk(gallery @ mean, min(20, len(gallery)))
        print(int(best.indices[0]), float(best.values[0]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
