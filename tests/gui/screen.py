"""Mouse, keyboard and pictures for a test in a real window, through X.

Everything that has to wait is a generator that yields seconds: Blender's event loop runs meanwhile.
Places are window pixels, origin bottom left.
"""

from __future__ import annotations

import os
import subprocess
import time

import bpy

OUT = os.environ.get("TMR_GUI_OUT", "/out")
_STEPS = 6  # of a mouse movement with the button down
_SEARCHED_PIXELS = 700


def _run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def _client_origin() -> tuple[int, int]:
    """Left and top of Blender's window on the screen, without its title bar."""
    window = _run("xdotool", "search", "--onlyvisible", "--class", "blender").split()[-1]
    places = dict(
        line.strip().split(":", 1) for line in _run("xwininfo", "-id", window).splitlines() if ":" in line
    )
    return int(places["Absolute upper-left X"]), int(places["Absolute upper-left Y"])


class Screen:
    """The first window of the running Blender."""

    def __init__(self) -> None:
        self.window = bpy.context.window_manager.windows[0]

    # --- hands -------------------------------------------------------------------------------------------

    def move(self, x: float, y: float):
        left, top = _client_origin()
        across, down = left + int(x), top + self.window.height - 1 - int(y)
        _run("xdotool", "mousemove", across + 2, down + 1)
        yield 0.05
        _run("xdotool", "mousemove", across, down)  # a button becomes active with the second movement over it
        yield 0.12

    def click(self, x: float, y: float):
        yield from self.move(x, y)
        _run("xdotool", "click", 1)
        yield 0.3

    def press(self, x: float, y: float):
        yield from self.move(x, y)
        _run("xdotool", "mousedown", 1)
        yield 0.15

    def carry_to(self, start: tuple[float, float], end: tuple[float, float]):
        for step in range(1, _STEPS + 1):
            share = step / _STEPS
            yield from self.move(
                start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
            )

    def release(self):
        _run("xdotool", "mouseup", 1)
        yield 0.3

    def type(self, text: str):
        _run("xdotool", "type", "--delay", 20, text)
        yield 0.2

    def key(self, name: str):
        _run("xdotool", "key", name)
        yield 0.3

    def picture(self, name: str):
        yield 0.3
        _run("import", "-silent", "-window", "root", os.path.join(OUT, f"{name}.png"))

    # --- eyes --------------------------------------------------------------------------------------------

    def area(self, kind: str) -> bpy.types.Area:
        found = [area for area in self.window.screen.areas if area.type == kind]
        return max(found, key=lambda area: area.width * area.height)

    def region(self, kind: str, region: str = "WINDOW") -> bpy.types.Region:
        return next(found for found in self.area(kind).regions if found.type == region)

    def until(self, condition, limit_s: float = 20.0):
        """Waits; says nothing about success, which the test checks itself."""
        end = time.monotonic() + limit_s
        while not condition() and time.monotonic() < end:
            yield 0.1
        yield 0.2

    def find(self, kind: str, wanted: str, shares: tuple[float, ...] = (0.35,)):
        """Moves down the sidebar until the mouse is over a button, and returns the place.

        Args:
            kind: the editor.
            wanted: the end of the property's data path ("tmr.query"), or an operator's call ("tmr.search(").
            shares: how far to the right in the sidebar, tried in turn.
        """
        area, sidebar = self.area(kind), self.region(kind, "UI")
        for share in shares:
            x = sidebar.x + sidebar.width * share
            for down in range(6, min(sidebar.height, _SEARCHED_PIXELS), 7):
                y = sidebar.y + sidebar.height - down
                yield from self.move(x, y)
                if wanted in self._button_under_mouse(area, sidebar):
                    yield from self.move(x, y - 4)
                    return x, y - 4
        raise LookupError(f"no button for {wanted} at {shares} of the sidebar")

    def _button_under_mouse(self, area: bpy.types.Area, region: bpy.types.Region) -> str:
        """Property path and operator call, as Blender's own Copy entries of the context menu tell them."""
        manager, found = bpy.context.window_manager, []
        with bpy.context.temp_override(window=self.window, area=area, region=region):
            for copy, options in (
                (bpy.ops.ui.copy_data_path_button, {"full_path": True}),
                (bpy.ops.ui.copy_python_command_button, {}),
            ):
                manager.clipboard = ""
                if copy.poll():
                    copy(**options)
                found.append(manager.clipboard)
        return " ".join(found)
