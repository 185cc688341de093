"""Run by a Blender's Python: inside.py SCRIPT FOLDER [ZIP].

Installs the extension's zip where one is given, runs the script's `run` on FOLDER/request.json and writes
FOLDER/result.json. Leaves by os._exit, because some Blenders crash or hang on their way out after long work.
The checkout is not on the path, only its tests are: engine and add-on come from the installed extension.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).resolve().parents[1]


def load(path, name):
    spec = spec_from_file_location(name, path)
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main():
    script, folder, *addon = sys.argv[1:]
    status = 1
    try:
        import bpy

        bpy.ops.wm.read_factory_settings(use_empty=True)
        sys.modules["tests"] = tests = ModuleType("tests")
        tests.__path__ = [str(TESTS)]
        for path in addon:
            import_module("tests.blender.installed").install(path)
        request = json.loads(Path(folder, "request.json").read_text(encoding="utf-8"))
        answer = load(script, "tmr_test_script").run(request)
        Path(folder, "result.json").write_text(json.dumps(answer), encoding="utf-8")
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


main()
