"""What the panels that lie over a region leave of it."""

from bpy.types import Area, Region


def free_width(area: Area, main: Region) -> tuple[int, int]:
    """The part of a region's width that toolbar, redo panel and sidebar leave free, in its own pixels."""
    left, right = 0, main.width
    for region in area.regions:
        if region.width <= 1:
            continue
        if region.type in {"TOOLS", "HUD"}:
            left = max(left, region.x + region.width - main.x)
        elif region.type == "UI":
            right = min(right, region.x - main.x)
    return left, right
