"""The clips that ship: one folder a licence, each with its pack, its clips.csv and its captions.csv.

`rebuild` makes them again from pinned packages; it is a tool of the developers and not in the zip.
"""
