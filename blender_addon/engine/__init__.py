"""The engine's process seen from Blender: `process` runs it, `client` talks to it, `pump` lets Blender hear it.

Only `pump` needs Blender.
"""
