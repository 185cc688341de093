"""Run by a Blender's Python: inside.py SCRIPT FOLDER.

Runs the script's `run` on FOLDER/request.json and writes FOLDER/result.json. Leaves by os._exit, because some
Blenders crash or hang on their way out after long work.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STARTER = ROOT / "blender_addon" / "background" / "run.py"


def load(path, name):
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main():
    script, folder = Path(sys.argv[1]), Path(sys.argv[2])
    status = 1
    try:
        import bpy

        bpy.ops.wm.read_factory_settings(use_empty=True)
        load(STARTER, "tmr_starter").make_package()
        sys.path.insert(0, str(ROOT))  # for tests.blender and tmr_engine
        import_module("tmr_addon._engine")
        request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
        answer = load(script, "tmr_test_script").run(request)
        (folder / "result.json").write_text(json.dumps(answer), encoding="utf-8")
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


main()
