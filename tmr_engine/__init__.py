"""TMR engine: reads, indexes, searches and retargets motion. It never imports bpy."""

__version__ = "0.1.0"
