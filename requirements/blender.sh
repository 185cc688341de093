#!/bin/sh
# blender.sh NAME: puts the Blender of requirements/blender.txt called NAME (a Python module) into .blender/NAME.
# Where the Python that it needs is not on the machine, says so and leaves it out: its tests then skip.
set -eu
name=$1
line=$(grep "^$name " requirements/blender.txt)
version=$(echo "$line" | cut -d' ' -f2)
wanted=$(echo "$line" | cut -d' ' -f3)
python=$(command -v "python$wanted" || true)
[ "$wanted" = 3.11 ] && python=${PYTHON:-$python}
# a version manager may hold a Python that it does not put on the PATH
if [ -z "$python" ] || ! "$python" -c 'import ensurepip' 2>/dev/null; then
    python=$(ls "$HOME"/.pyenv/versions/"$wanted"*/bin/python 2>/dev/null | tail -1 || true)
fi
mkdir -p ".blender/$name"
if [ -z "$python" ]; then
    echo "Blender $name needs Python $wanted, which is not here; tests in it will be skipped"
    exit 0
fi
[ -x ".blender/$name/bin/python" ] || "$python" -m venv ".blender/$name"
.blender/"$name"/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("bpy") is None)' && exit 0
echo "setting up Blender $version"
.blender/"$name"/bin/python -m pip install --quiet --disable-pip-version-check "bpy==$version"
