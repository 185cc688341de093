"""TMR Motion Search: type a sentence, see ranked clips of a motion library, put one on the character.

Blender calls `register` and `unregister`; everything else is in `registration.py`. That module is imported
only then, because the parts of this package that need no Blender are imported (and tested) without one.
"""


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from . import registration  # noqa: PLC0415 - see above

    registration.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled."""
    from . import registration  # noqa: PLC0415 - see above

    registration.unregister()
