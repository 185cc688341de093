"""Whether the fused search finds what is asked for: weights fitted on one split, graded queries on another."""
