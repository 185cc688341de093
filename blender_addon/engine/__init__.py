"""The engine seen from Blender: `process` runs it, `client` talks to it, `pump` lets Blender hear it.

Only `pump` needs Blender.
"""
