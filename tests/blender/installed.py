"""The add-on as Blender's extension system installed it; imported by what runs inside a Blender."""

from importlib import import_module

import bpy

MODULE = "bl_ext.user_default.tmr_motion_search"


def install(path):
    """Installs and enables a zip, as Preferences > Get Extensions > Install from Disk does."""
    bpy.ops.extensions.package_install_files(repo="user_default", filepath=path, enable_on_install=True)


def part(name):
    """A module of the installed add-on, or of the engine that it holds ("tmr_engine.motion")."""
    return import_module(f"{MODULE}.{name}")
