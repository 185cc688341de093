"""Models that serve: bundles on disk, and forward passes in NumPy."""

from .bundle import Bundle, open_bundle
from .sentence_encoder import SentenceEncoder, load_sentence_encoder, sentence_encoder_or_note

__all__ = ["Bundle", "SentenceEncoder", "load_sentence_encoder", "open_bundle", "sentence_encoder_or_note"]
