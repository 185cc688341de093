"""Scripts that a background Blender runs for the engine. `run.py` is started by path; each other module has
one function `run(request: dict) -> dict`."""
