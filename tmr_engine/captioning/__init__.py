"""Motion to words without a model: measured facts, sentences made of them, and what a query says of them."""
