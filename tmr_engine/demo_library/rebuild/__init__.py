"""Makes the demo library again from pinned packages: `python -m tmr_engine.demo_library.rebuild --help`.

A tool of the developers; it is not in the zip and nothing of the product imports it. docs/demo-library.md
tells the whole story.
"""
