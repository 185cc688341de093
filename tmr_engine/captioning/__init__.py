"""Motion to words without a model: measured facts, sentences made of them, and what a query says of them.

`describing` tells a motion in sentences, `facets` are what filters and weighs, `query` holds what a sentence
asks for against the facets of many clips; docs/captioning.md. Nothing is imported here, because a search
reads queries and must not pay for what measures motions.
"""
