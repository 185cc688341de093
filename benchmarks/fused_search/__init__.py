"""Whether the fused search finds what is asked for: weights of one split, graded queries on another."""
