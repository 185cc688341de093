"""What differs between Blender versions; the only files that ask for the version."""
