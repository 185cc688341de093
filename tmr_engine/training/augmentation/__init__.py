"""More pairs out of few: motions changed and joined in ways that their captions can follow.

`motions` changes joints, `tmr_engine.captioning.rewrite` the words; `recipe` makes pairs of both.
"""
