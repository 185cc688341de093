"""Motion models and Generate, as a user's script uses them in the installed extension.

Request: "data", a data folder with two installed models "one" and "other"; "cache", an empty folder;
"motions", a folder of motion files. Answer: what each step left in the panels, the library or the character.
"""

import os

import bpy

from tests.blender.installed import part
from tests.blender.rigs.figure import make_figure
from tests.blender.scripts.retarget_panel import draw, tried
from tests.blender.scripts.ui import Context
from tests.blender.scripts.ui_layout import drawn

actions = part("compat.actions")
panels = {name: part(f"panels.{name}") for name in ("search", "library", "generate")}
session = part("session").session
cards = part("viewport.result_bar")
WAIT_S = 60.0
QUERY = "a person waves"


def shown():
    return bpy.context.window_manager.tmr


def chosen():
    return part("preferences").preferences().model


def search_panel():
    return drawn(panels["search"].TMR_PT_search_view3d, Context(400))


def status():
    return {
        "note": shown().note,
        "unread": shown().unread,
        "results": len(shown().results),
        "error": shown().error if shown().has_error else "",
        "panel": search_panel(),
    }


def search():
    shown().query = QUERY
    session.wait_for_search(WAIT_S)


def choose(name):
    shown().model = name
    session.wait_for_search(WAIT_S)


def models(facts, motions):
    """A library that "one" has read, and what happens when "other" is chosen."""
    facts["before"] = draw(panels["library"].TMR_PT_library)
    facts["list"] = tried(bpy.ops.tmr.list_models, wait_s=WAIT_S)
    items = shown().bl_rna.properties["model"]
    facts["is_enum"] = items.type
    facts["usable"] = [row.name for row in shown().models if not row.problem]
    shown().model = "one"
    facts["chosen"] = [shown().model, chosen()]
    facts["index"] = tried(bpy.ops.tmr.index_folder, directory=motions, wait_s=WAIT_S)
    search()
    facts["read"] = status()
    choose("other")
    facts["other"] = status()
    facts["library_panel"] = draw(panels["library"].TMR_PT_library)
    facts["silently"] = session.is_indexing
    facts["reindex"] = tried(bpy.ops.tmr.read_motions, wait_s=WAIT_S)
    session.wait_for_search(WAIT_S)
    facts["reindexed"], facts["said"] = status(), shown().status
    choose("one")
    facts["one_again"] = status()
    choose("none")
    facts["text_only"] = status()


def generate(facts):
    """Takes into the result list, and one of them onto the character."""
    choose("one")
    facts["panel"] = draw(panels["generate"].TMR_PT_generate)
    shown().generating.seconds = 2.0
    shown().generating.seed = 7
    facts["generate"] = tried(bpy.ops.tmr.generate, takes=3, wait_s=WAIT_S)
    facts["takes"] = [
        {
            name: getattr(row, name)
            for name in ("rank", "caption", "credit", "licence", "synthesised", "source")
        }
        | {"title": row.title(), "seconds": row.duration_s}
        for row in shown().results
    ]
    facts["with_takes"], facts["status"] = status(), shown().status
    figure = make_figure()
    bpy.context.view_layer.objects.active = figure
    shown().active = 1
    facts["insert"] = tried(bpy.ops.tmr.insert_clip, frame=10, stretch=2.0)
    facts["range"] = list(figure.animation_data.action.frame_range)
    facts["notes"] = {key: str(value) for key, value in figure.animation_data.action.items()}
    first = [row.clip for row in shown().results]
    tried(bpy.ops.tmr.generate, text=QUERY, takes=3, wait_s=WAIT_S)
    facts["same_again"] = [row.clip for row in shown().results] == first
    tried(bpy.ops.tmr.generate, takes=3, seed=8, wait_s=WAIT_S)
    facts["other_seed"] = bool({row.clip for row in shown().results} & set(first))
    bpy.ops.tmr.search(query="a person walks", wait_s=WAIT_S)
    clip = shown().results[0]
    facts["recorded"] = [clip.synthesised, clip.title() == clip.caption]
    tried(bpy.ops.tmr.insert_clip, frame=1)
    facts["recorded_notes"] = sorted(figure.animation_data.action.keys())


def cancelling(facts):
    before = [row.clip for row in shown().results]
    tried(bpy.ops.tmr.generate, text="run", seconds=60.0, takes=64)
    facts["while"] = [shown().is_generating, draw(panels["generate"].TMR_PT_generate)["operators"]]
    facts["cancel"] = tried(bpy.ops.tmr.cancel_generating)
    facts["cancelled"] = [
        shown().is_generating,
        [row.clip for row in shown().results] == before,
        shown().status,
    ]
    tried(bpy.ops.tmr.generate, text="run", seconds=60.0, takes=64)
    bpy.ops.tmr.search(query="someone jumps", wait_s=WAIT_S)
    facts["search_wins"] = [shown().is_generating, shown().results[0].synthesised]


def refusing(facts):
    choose("none")
    facts["without_model"] = [tried(bpy.ops.tmr.generate, wait_s=WAIT_S), status()]
    part("preferences").preferences().model = "gone"
    session.wait_for_search(WAIT_S)
    facts["gone"] = [shown().model, status()]
    facts["gone_panel"] = draw(panels["library"].TMR_PT_library)
    choose("one")
    facts["back"] = status()
    shown().query = ""
    facts["no_text"] = tried(bpy.ops.tmr.generate)


def run(request):
    os.environ["TMR_DATA"], os.environ["TMR_CACHE"] = request["data"], request["cache"]
    facts = {}
    models(facts, request["motions"])
    generate(facts)
    cancelling(facts)
    refusing(facts)
    return facts
