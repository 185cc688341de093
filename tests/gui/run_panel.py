"""The panel in a real window: type, choose, Insert, carry, drag a card, Escape, undo. See README.md."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from screen import Screen

LIMIT_S = 300.0
HEADERS = (158, 184, 210)  # pixels from the search box, above no results, down to the first sub-panels
HANDS = (0.8, 0.73)  # where rows have their hand, with the width of the sidebar


class Run:
    """Steps of a generator on a timer, so that Blender handles its events between them."""

    def __init__(self, steps) -> None:
        self.failed = self.passed = 0
        self._steps = steps(self)
        self._end = time.monotonic() + LIMIT_S

    def check(self, good: bool, what: str) -> None:
        print("ok  " if good else "FAIL", what, flush=True)
        self.passed += bool(good)
        self.failed += not good

    def __call__(self) -> float:
        try:
            if time.monotonic() < self._end:
                return next(self._steps)
            print("FAIL took too long")
            self.failed += 1
        except StopIteration:
            pass
        except Exception:
            traceback.print_exc()
            self.failed += 1
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        os._exit(1 if self.failed or not self.passed else 0)


def shown():
    return bpy.context.window_manager.tmr


def figure() -> bpy.types.Object:
    return bpy.data.objects["Mannequin"]


def action():
    data = figure().animation_data
    return data.action if data else None


def center(region: bpy.types.Region) -> tuple[float, float]:
    return region.x + region.width * 0.42, region.y + region.height * 0.6


def character_place(screen: Screen) -> tuple[float, float]:
    """The middle of the figure's body on the screen."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d

    region = screen.region("VIEW_3D")
    chest = figure().matrix_world.translation.copy()
    chest.z += 1.2
    place = location_3d_to_region_2d(region, screen.area("VIEW_3D").spaces.active.region_3d, chest)
    return region.x + place.x, region.y + place.y


def frame_place(screen: Screen, frame: int) -> tuple[float, float]:
    region = screen.region("DOPESHEET_EDITOR")
    x, _ = region.view2d.view_to_region(frame, 0, clip=False)
    return region.x + x, region.y + region.height * 0.4


def prepare(screen: Screen):
    """A mannequin, the sidebar with our tab, a clear view of both."""
    yield from screen.key("Escape")  # the splash screen
    area = screen.area("VIEW_3D")
    area.spaces.active.show_region_ui = True
    bpy.data.batch_remove(list(bpy.data.objects))  # the view shall frame the character alone
    with bpy.context.temp_override(window=screen.window, area=area, region=screen.region("VIEW_3D")):
        bpy.ops.tmr.add_mannequin()
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_all()
        bpy.ops.ed.undo_push(message="before")
    yield 0.5
    screen.region("VIEW_3D", "UI").active_panel_category = "TMR"
    area.tag_redraw()
    yield 0.5


def open_sub_panels(run: Run, screen: Screen):
    """The options of retargeting and the bone mapping, each opened by its header and closed again."""
    x, y = yield from screen.find("VIEW_3D", "tmr.query")
    options, mapping = (x, y - HEADERS[1]), (x, y - HEADERS[2])
    yield from screen.click(*options)
    slider = yield from screen.find("VIEW_3D", "tmr.solving.foot_lock", (0.7,))
    run.check(slider[1] < options[1], "the options of retargeting open below their header")
    yield from screen.move(*center(screen.region("VIEW_3D")))
    yield from screen.picture("panel_9_options")
    yield from screen.click(*options)
    yield from screen.click(*mapping)
    button = yield from screen.find("VIEW_3D", "tmr.read_mapping(")
    yield from screen.click(*button)
    rows = {row.role: row.bone for row in shown().mapping.rows}
    run.check(
        bool(rows.get("left_hand")), f"the mapping is listed ({rows.get('left_hand')} is the left hand)"
    )
    yield from screen.move(*center(screen.region("VIEW_3D")))
    yield from screen.picture("panel_10_mapping")
    yield from screen.click(*mapping)


def search(run: Run, screen: Screen):
    yield from screen.picture("panel_1_first")
    box = yield from screen.find("VIEW_3D", "tmr.query")
    yield from screen.click(*box)
    yield from screen.type("a person walks forward")
    run.check(shown().query == "", "nothing is searched while the user types")
    yield from screen.key("Return")
    run.check(shown().query == "a person walks forward", "Enter hands the sentence over")
    yield from screen.until(lambda: len(shown().results) > 0, 60.0)
    run.check(len(shown().results) > 4, f"{len(shown().results)} results arrive by themselves")
    yield from screen.picture("panel_2_results")


def generate(run: Run, screen: Screen):
    """Takes into the result list, by a model of the user's; without one, the sentence that says so."""
    bpy.ops.tmr.list_models("EXEC_DEFAULT")
    yield from screen.until(lambda: shown().has_models)
    models = [row.name for row in shown().models if not row.problem]
    if models:
        shown().model = models[-1]
        yield from screen.until(lambda: len(shown().results) > 0)
        yield from screen.picture("panel_11_unread")
        # the model that ships has read the demo library; one of the user's has not
        own = len(models) > 1
        run.check(bool(shown().note) == own, f"whether the library was read is told: {shown().note}")
    shown().results.clear()
    shown().note = ""
    x, y = yield from screen.find("VIEW_3D", "tmr.query")
    yield from screen.click(x, y - HEADERS[0])
    button = yield from screen.find("VIEW_3D", "tmr.generate(")
    yield from screen.click(*button)
    yield from screen.until(lambda: len(shown().results) > 0 or shown().has_error)
    if models:
        titles = [row.title() for row in shown().results]
        run.check(titles[:1] == [f"Synthesised: {shown().query}"], f"takes are in the list: {titles}")
    else:
        run.check("no motion model" in shown().error, f"without a model it is said: {shown().error}")
    yield from screen.move(*center(screen.region("VIEW_3D")))
    yield from screen.picture("panel_12_generated")
    shown().results.clear()
    bpy.ops.tmr.dismiss_error()
    shown().model = "none"  # this searches again, by text alone
    yield from screen.until(lambda: len(shown().results) > 0)


def choose_and_insert(run: Run, screen: Screen):
    row = yield from screen.find("VIEW_3D", "tmr.carry_clip(result=2", HANDS)
    sidebar = screen.region("VIEW_3D", "UI")
    yield from screen.click(sidebar.x + sidebar.width * 0.3, row[1])
    run.check(shown().active == 2, f"a click chooses the third row ({shown().active})")
    button = yield from screen.find("VIEW_3D", "tmr.insert_clip(")
    bpy.context.scene.frame_set(10)
    yield from screen.click(*button)
    yield from screen.until(lambda: action() is not None)
    run.check(action() is not None, "Insert writes an action")
    run.check(action() and round(action().frame_range[0]) == 10, "it starts at the playhead")
    yield from screen.picture("panel_3_inserted")
    yield from screen.move(*center(screen.region("VIEW_3D")))
    yield from screen.key("ctrl+z")
    run.check(action() is None, "one undo takes all of it back")
    run.check(len(bpy.data.actions) == 0, "no action is left behind")
    run.check(len(shown().results) > 4, "the results stay through undo")


def carry_from_panel(run: Run, screen: Screen):
    button = yield from screen.find("VIEW_3D", "tmr.carry_clip(result=1", HANDS)
    yield from screen.click(*button)
    place = frame_place(screen, 40)
    yield from screen.carry_to(button, place)
    yield from screen.picture("panel_4_over_time")
    yield from screen.key("Escape")
    yield from screen.click(*place)
    run.check(action() is None, "Escape lets go without a trace")

    button = yield from screen.find("VIEW_3D", "tmr.carry_clip(result=1", HANDS)
    yield from screen.click(*button)
    place = frame_place(screen, 40)
    yield from screen.carry_to(button, place)
    yield from screen.click(*place)
    yield from screen.until(lambda: action() is not None)
    first = action().frame_range[0] if action() else None
    run.check(first is not None and abs(first - 40) <= 1, f"dropped on frame 40 of the timeline ({first})")
    run.check(shown().active == 1, "the carried result is the chosen one")
    yield from screen.picture("panel_5_dropped")
    yield from screen.move(*center(screen.region("VIEW_3D")))
    yield from screen.key("ctrl+z")
    run.check(action() is None, "one undo takes the drop back")


def drag_a_card(run: Run, screen: Screen):
    region = screen.region("VIEW_3D")
    card = region.x + region.width * 0.4, region.y + 40
    bpy.context.scene.frame_set(7)
    yield from screen.press(*card)
    yield from screen.carry_to(card, character_place(screen))
    yield from screen.picture("panel_6_dragging")
    run.check(action() is None, "nothing is written while the button is down")
    yield from screen.release()
    yield from screen.until(lambda: action() is not None)
    first = action().frame_range[0] if action() else None
    run.check(first == 7, f"a card dragged onto the character starts at the playhead ({first})")
    yield from screen.picture("panel_7_dragged")


def refuse(run: Run, screen: Screen):
    """An armature that is no character: the sentence, and the button that helps."""
    bpy.ops.object.mode_set(mode="OBJECT")
    with bpy.context.temp_override(window=screen.window, area=screen.area("VIEW_3D")):
        bpy.ops.object.armature_add()
    bpy.context.object.name = "Hinge"
    button = yield from screen.find("VIEW_3D", "tmr.insert_clip(")
    yield from screen.click(*button)
    yield from screen.until(lambda: shown().has_error)
    run.check(shown().has_error and bool(shown().fix_operator), f"a refusal is explained: {shown().error}")
    yield from screen.picture("panel_8_error")


def steps(run: Run):
    yield 1.0
    screen = Screen()
    yield from prepare(screen)
    yield from open_sub_panels(run, screen)
    yield from search(run, screen)
    yield from generate(run, screen)
    yield from choose_and_insert(run, screen)
    yield from carry_from_panel(run, screen)
    yield from drag_a_card(run, screen)
    yield from refuse(run, screen)


bpy.ops.extensions.package_install_files(
    repo="user_default", filepath=os.environ["TMR_ZIP"], enable_on_install=True
)
bpy.app.timers.register(Run(steps), first_interval=0.5)
