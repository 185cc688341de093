"""Every rig of the reference material has the roles that its file says, by names and by shape alone."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from tmr_engine.errors import RetargetError
from tmr_engine.retarget import map_rig, rig_from_json

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "mappings.py"
SIDES = {"l_": "left_", "r_": "right_"}
NOT_COMPARED = {"mover", "pelvis"}  # roles of ours that the files do not name

# What the joints show where a file follows its names instead: thumbs and a third phalanx that the table of a
# VRM leaves out, and the bone that both clavicles hang on, which its name calls a neck.
SHOWN = {
    "mpfb_rigify_human_toes_meta": {
        "spine": ("spine.001", "spine.002", "spine.003"),
        "chest": "spine.004",
        "neck": ("spine.005",),
    },
    "vrm0_cryptovoxels": {
        f"{side}_{finger}": tuple(f"{bone}_{side[0].upper()}" for bone in bones)
        for side in ("left", "right")
        for finger, bones in (
            ("thumb", ("Thumb0", "Thumb1", "Thumb2")),
            ("index", ("IndexFinger1", "IndexFinger2", "IndexFinger3")),
        )
    },
}


def wanted_roles(document):
    """Role -> the bones of a mapping file, under our names."""
    found = {}
    for role, bones in document["roles"].items():
        side, part = (SIDES[role[:2]], role[2:]) if role[:2] in SIDES else ("", role)
        if part == "fingers":
            found |= {f"{side}{finger}": tuple(chain) for finger, chain in (bones or {}).items() if chain}
        elif part != "twist" and bones:
            found[side + part] = tuple(bones) if isinstance(bones, list) else bones
    return found


def different(wanted, document, found):
    """Roles that are neither what is wanted nor what the file accepts."""
    accepted = {
        SIDES.get(role[:2], role[:2]) + role[2:]: bones for role, bones in document.get("accept", {}).items()
    }
    return {
        role
        for role in (wanted.keys() | found.keys()) - NOT_COMPARED
        if wanted.get(role) != found.get(role)
        and not isinstance(accepted.get(role), str)
        and found.get(role) not in accepted.get(role, ())
    }


def numbered(rig):
    """The rig with a number for every name and nothing else that tells; and number -> name."""
    numbers = random.Random(7).sample(range(len(rig.names)), len(rig.names))
    new = {name: f"bone_{number}" for name, number in zip(rig.names, numbers, strict=True)}
    constraints = tuple(
        replace(
            constraint,
            bone=new[constraint.bone],
            targets=tuple(new[target] for target in constraint.targets),
            pole=new.get(constraint.pole, ""),
        )
        for constraint in rig.constraints
    )
    driven = {new[bone]: channels for bone, channels in rig.driven.items()}
    renamed = replace(
        rig,
        names=tuple(new.values()),
        constraints=constraints,
        driven=driven,
        properties={},
        humanoid={},
    )
    return renamed, {number: name for name, number in new.items()}


@pytest.fixture(scope="module")
def documents(shared_dir):
    found = {}
    for path in sorted((shared_dir / "rigs").glob("*.mapping.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["expect"] in ("retarget", "warn") and document["file"] != "var_nonuniform_scale.blend":
            found[document["file"].rpartition(".")[0]] = document
    return found


@pytest.fixture(scope="module")
def others(one_blender, extension_zip, shared_dir):
    """Armatures that are no human bodies."""
    names = sorted(path.name for path in (shared_dir / "rigs").glob("nonhuman_*.glb"))
    request = {"folder": str(shared_dir / "rigs"), "rigs": dict.fromkeys(names)}
    read = one_blender.run(SCRIPT, request, extension_zip)
    return {name: rig_from_json(text) for name, text in read.items()}


@pytest.fixture(scope="module")
def rigs(one_blender, extension_zip, shared_dir, documents):
    request = {document["file"]: document["armature"] for document in documents.values()}
    read = one_blender.run(SCRIPT, {"folder": str(shared_dir / "rigs"), "rigs": request}, extension_zip)
    return {stem: rig_from_json(read[document["file"]]) for stem, document in documents.items()}


def test_every_rig_is_mapped_by_its_names_as_its_file_says(rigs, documents):
    wrong = {
        stem: different(wanted_roles(documents[stem]), documents[stem], map_rig(rig).roles)
        for stem, rig in rigs.items()
    }
    assert {stem: roles for stem, roles in wrong.items() if roles} == {}


def test_every_rig_is_mapped_by_its_shape_alone(rigs, documents):
    wrong = {}
    for stem, rig in rigs.items():
        renamed, old = numbered(rig)
        named = {
            role: old[bones] if isinstance(bones, str) else tuple(old[bone] for bone in bones)
            for role, bones in map_rig(renamed).roles.items()
        }
        wanted = wanted_roles(documents[stem]) | SHOWN.get(stem, {})
        wrong[stem] = different(wanted, documents[stem], named)
        assert not any(  # never the other side's bone
            wanted.get(f"right_{role[5:]}") == bones
            for role, bones in named.items()
            if role.startswith("left_")
        ), stem
    assert {stem: roles for stem, roles in wrong.items() if roles} == {}


def test_what_is_no_human_body_is_refused_by_its_shape_too(others):
    taken = {}
    for stem, rig in others.items():
        try:
            taken[stem] = map_rig(numbered(rig)[0]).roles
        except RetargetError:
            continue
    assert taken == {}
