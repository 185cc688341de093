"""Motion to words without a model: measured facts, sentences made of them, and what a query says of them.

describe(motion, top) -> sentences; facets(motion) -> what filters and weighs; docs/captioning.md
"""

from .describing import Description, describe, describe_facts, facets, facts_of
from .facets import Facets, facets_of

__all__ = ["Description", "Facets", "describe", "describe_facts", "facets", "facets_of", "facts_of"]
