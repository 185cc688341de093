"""How good a motion model is, on subjects that it has never seen: docs/model-benchmark.md.

`material` reads the test split, `scoring` says how well texts and motions fit, and one concern a file is
measured with it: `retrieval`, `choices` (left and right, the order of events), `moments`, `actions`, `pace`.
`report` writes what was found.
"""
