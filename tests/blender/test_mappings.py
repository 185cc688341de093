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

# by shape alone these differ from their files in the roles named; None: refused
KNOWN = {
    "mpfb_rigify_human_toes_meta": {"chest", "neck", "spine"},  # its clavicles hang on the first neck bone
    "vrm0_cryptovoxels": {"left_index", "right_index", "left_thumb", "right_thumb"},  # not in its table
    "rigify_basic_human_rig": None,  # found without legs: its deforming bones are apart
    "rigify_human_rig": None,
    "var_upper_body_only": None,  # a shape without legs is refused; names are needed
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


def different(document, found):
    """Roles that are neither what the file says nor what it accepts."""
    wanted = wanted_roles(document)
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
def rigs(one_blender, extension_zip, shared_dir, documents):
    request = {document["file"]: document["armature"] for document in documents.values()}
    read = one_blender.run(SCRIPT, {"folder": str(shared_dir / "rigs"), "rigs": request}, extension_zip)
    return {stem: rig_from_json(read[document["file"]]) for stem, document in documents.items()}


def test_every_rig_is_mapped_by_its_names_as_its_file_says(rigs, documents):
    wrong = {stem: different(documents[stem], map_rig(rig).roles) for stem, rig in rigs.items()}
    assert {stem: roles for stem, roles in wrong.items() if roles} == {}


def test_every_rig_is_mapped_by_its_shape_alone_but_for_the_known_ones(rigs, documents):
    wrong = {}
    for stem, rig in rigs.items():
        renamed, old = numbered(rig)
        try:
            found = map_rig(renamed).roles
        except RetargetError:
            wrong[stem] = None
            continue
        named = {
            role: old[bones] if isinstance(bones, str) else tuple(old[bone] for bone in bones)
            for role, bones in found.items()
        }
        wrong[stem] = different(documents[stem], named)
        assert not any(  # never the other side's bone
            wanted_roles(documents[stem]).get(f"right_{role[5:]}") == bones
            for role, bones in named.items()
            if role.startswith("left_")
        ), stem
    assert {stem: roles for stem, roles in wrong.items() if roles or roles is None} == KNOWN
