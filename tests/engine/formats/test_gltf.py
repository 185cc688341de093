"""glTF made here, against closed forms and scipy; sample files against what their makers say."""

import base64
import json

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial.transform import Rotation, Slerp

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import read_motion, read_motions

from .made import MadeGltf


def quat(axis: str, degrees: float) -> list[float]:
    return Rotation.from_euler(axis, degrees, degrees=True).as_quat().tolist()


def arm(made: MadeGltf, **root_transform) -> tuple[int, int, int]:
    """hand <- elbow <- shoulder, a metre apart along X, under an armature node."""
    hand = made.node("hand", translation=[1, 0, 0])
    elbow = made.node("elbow", [hand], translation=[1, 0, 0])
    shoulder = made.node("shoulder", [elbow], translation=[0, 1, 0])
    made.node("Armature", [shoulder], **root_transform)
    made.document["skins"].append({"joints": [shoulder, elbow, hand]})
    return shoulder, elbow, hand


def world_of(motion, name):
    return motion.world[0][:, motion.skeleton.names.index(name)]


def test_linear_rotation_is_interpolated_on_the_sphere(tmp_path):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    times = made.accessor(np.array([0.0, 1.0]))
    turns = made.accessor(np.array([quat("z", 0), quat("z", 90)]))
    made.animation("bend", [(elbow, "rotation", times, turns, "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    assert motion.source.take == "bend"
    assert motion.fps == 30
    assert len(motion) == 31
    angles = np.radians(np.linspace(0, 90, 31))
    expected = np.stack([1 + np.cos(angles), 1 + np.sin(angles), 0 * angles], axis=-1)
    np.testing.assert_allclose(world_of(motion, "hand"), expected, atol=1e-6)


def test_step_holds_each_key_until_the_next(tmp_path):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    times = made.accessor(np.arange(5) / 30)
    turns = made.accessor(np.array([quat("z", angle) for angle in (0, 10, 50, 20, 80)]))
    made.animation("step", [(elbow, "rotation", times, turns, "STEP")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    assert len(motion) == 5
    bend = np.degrees(np.arctan2(*(world_of(motion, "hand") - world_of(motion, "elbow"))[:, [1, 0]].T))
    np.testing.assert_allclose(bend, [0, 10, 50, 20, 80], atol=1e-4)


def test_cubic_spline_translation_is_a_hermite_curve(tmp_path):
    made = MadeGltf()
    shoulder, _, _ = arm(made)
    knots = np.array([0.0, 0.5, 1.0])
    values = np.array([[0, 1, 0], [0.5, 1.2, 0.3], [1, 1, 1]], dtype=float)
    slopes = np.array([[1, 0, 0], [0.2, -0.5, 1], [0, 0, 2]], dtype=float)
    keys = np.stack([slopes, values, slopes], axis=1).reshape(-1, 3)
    made.animation(
        "curve", [(shoulder, "translation", made.accessor(knots), made.accessor(keys), "CUBICSPLINE")]
    )
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    expected = CubicHermiteSpline(knots, values, slopes)(np.arange(31) / 30)
    np.testing.assert_allclose(motion.root_translation, expected, atol=1e-6)


def test_cubic_spline_rotation_has_unit_length_and_meets_its_keys(tmp_path):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    keys = np.array([[[0] * 4, quat("y", angle), [0] * 4] for angle in (0, 40, -30)]).reshape(-1, 4)
    times = made.accessor(np.array([0.0, 0.5, 1.0]))
    made.animation("curve", [(elbow, "rotation", times, made.accessor(keys), "CUBICSPLINE")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    turns = motion.rotations[:, motion.skeleton.names.index("elbow")]
    np.testing.assert_allclose(np.linalg.norm(turns, axis=-1), 1.0, atol=1e-12)
    found = Rotation.from_quat(turns[[0, 15, 30]][:, [1, 2, 3, 0]]).as_euler("yxz", degrees=True)[:, 0]
    np.testing.assert_allclose(found, [0, 40, -30], atol=1e-4)


@pytest.mark.parametrize(("code", "scale"), [("i2", 32767), ("i1", 127)])
def test_normalised_integers_are_rotations(tmp_path, code, scale):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    turns = np.array([quat("z", angle) for angle in (0, 30, 60)])
    integers = np.round(turns * scale)
    times = made.accessor(np.arange(3) / 30)
    output = made.accessor(integers, code, normalized=True)
    made.animation("packed", [(elbow, "rotation", times, output, "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    hand = world_of(motion, "hand") - world_of(motion, "elbow")
    np.testing.assert_allclose(np.degrees(np.arctan2(hand[:, 1], hand[:, 0])), [0, 30, 60], atol=120 / scale)


def test_sparse_accessor_replaces_the_elements_that_it_lists(tmp_path):
    made = MadeGltf()
    shoulder, _, _ = arm(made)
    path = np.tile([0.0, 1.0, 0.0], (4, 1))
    output = made.accessor(path)
    index = made.view(np.array([1, 3], dtype="<u2"))
    values = made.view(np.array([[5, 1, 0], [7, 1, 0]], dtype="<f4"))
    made.document["accessors"][output]["sparse"] = {
        "count": 2,
        "indices": {"bufferView": index, "componentType": 5123},
        "values": {"bufferView": values},
    }
    made.animation("jump", [(shoulder, "translation", made.accessor(np.arange(4) / 30), output, "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    np.testing.assert_allclose(motion.root_translation[:, 0], [0, 5, 0, 7], atol=1e-6)


def test_interleaved_keys_are_read_by_their_stride(tmp_path):
    made = MadeGltf()
    shoulder, _, _ = arm(made)
    both = np.arange(4 * 6, dtype="<f4").reshape(4, 6)
    view = made.view(both)
    made.document["bufferViews"][view]["byteStride"] = 24
    made.document["accessors"].append(
        {"bufferView": view, "byteOffset": 12, "componentType": 5126, "count": 4, "type": "VEC3"}
    )
    output = len(made.document["accessors"]) - 1
    made.animation("both", [(shoulder, "translation", made.accessor(np.arange(4) / 30), output, "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    np.testing.assert_allclose(motion.root_translation, both[:, 3:], atol=1e-6)


def test_armature_that_is_turned_and_scaled_ends_in_metres_and_y_up(tmp_path):
    made = MadeGltf()
    # Blender's old export: a rig in centimetres with Z up under a node that makes metres and Y up of it
    hand = made.node("hand", translation=[0, 0, 30])
    hips = made.node("hips", [hand], translation=[0, 0, 95])
    made.node("Armature", [hips], rotation=quat("x", -90), scale=[0.01, 0.01, 0.01])
    made.document["skins"].append({"joints": [hips, hand]})
    path = np.array([[0, 0, 95], [0, -10, 95], [0, -20, 95]], dtype=float)
    times = made.accessor(np.arange(3) / 30)
    made.animation("walk", [(hips, "translation", times, made.accessor(path), "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    assert motion.skeleton.names == ("hips", "hand")
    np.testing.assert_allclose(
        motion.root_translation, [[0, 0.95, 0], [0, 0.95, 0.1], [0, 0.95, 0.2]], atol=1e-7
    )
    np.testing.assert_allclose(world_of(motion, "hand")[0], [0, 1.25, 0], atol=1e-7)


def test_root_on_the_floor_is_folded_into_the_hips_and_control_bones_are_dropped(tmp_path):
    made = MadeGltf()
    legs = []
    for side, x in (("l", 0.1), ("r", -0.1)):
        foot = made.node(f"foot_{side}", translation=[0, -0.42, 0])
        shin = made.node(f"calf_{side}", [foot], translation=[0, -0.42, 0])
        legs.append(made.node(f"thigh_{side}", [shin], translation=[x, -0.05, 0]))
    head = made.node("head", translation=[0, 0.3, 0])
    spine = made.node("spine", [head], translation=[0, 0.3, 0])
    pelvis = made.node("pelvis", [spine, *legs], translation=[0, 0.9, 0])
    ik = made.node("ik_foot_root", [made.node("ik_foot_l"), made.node("ik_foot_r")])
    root = made.node("root", [pelvis, ik])
    made.node("Armature", [root])
    made.document["skins"].append({"joints": list(range(root + 1))})
    times = made.accessor(np.arange(3) / 30)
    turns = made.accessor(np.array([quat("y", angle) for angle in (0, 90, 180)]))
    bob = made.accessor(np.array([[0, 0.9, 0.2], [0, 0.85, 0.2], [0, 0.9, 0.2]]))
    made.animation(
        "turn", [(root, "rotation", times, turns, "LINEAR"), (pelvis, "translation", times, bob, "LINEAR")]
    )
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    assert motion.skeleton.names[0] == "pelvis"
    assert not {"root", "ik_foot_root", "ik_foot_l"} & set(motion.skeleton.names)
    np.testing.assert_allclose(
        motion.root_translation, [[0, 0.9, 0.2], [0.2, 0.85, 0], [0, 0.9, -0.2]], atol=1e-6
    )
    np.testing.assert_allclose(world_of(motion, "thigh_l")[1], [0.2, 0.8, -0.1], atol=1e-6)


def test_matrix_node_is_its_translation_rotation_and_scale(tmp_path):
    made = MadeGltf()
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("y", 90, degrees=True).as_matrix() * 2.0
    matrix[:3, 3] = [3, 0, 0]
    _, elbow, _ = arm(made, matrix=matrix.T.ravel().tolist())
    times = made.accessor(np.array([0.0, 0.1]))
    made.animation("a", [(elbow, "rotation", times, made.accessor(np.array([quat("z", 0)] * 2)), "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.glb"))
    np.testing.assert_allclose(world_of(motion, "hand")[0], [3, 2, -4], atol=1e-6)


def test_every_animation_is_a_take_on_one_skeleton(tmp_path):
    made = MadeGltf()
    shoulder, elbow, _ = arm(made)
    times = made.accessor(np.arange(4) / 24)
    turns = made.accessor(np.array([quat("z", 5 * angle) for angle in range(4)]))
    path = made.accessor(np.array([[0, 1, z] for z in range(4)], dtype=float))
    made.animation("bend", [(elbow, "rotation", times, turns, "LINEAR")])
    made.animation("walk", [(shoulder, "translation", times, path, "LINEAR")])
    made.animation("walk", [(shoulder, "rotation", times, turns, "LINEAR")])
    file = made.write_glb(tmp_path / "a.glb")
    motions = read_motions(file)
    assert [motion.source.take for motion in motions] == ["bend", "walk", "walk (2)"]
    assert {motion.skeleton.names for motion in motions} == {("shoulder", "elbow", "hand")}
    assert {motion.fps for motion in motions} == {24.0}
    assert read_motion(file, "walk").source.take == "walk"
    with pytest.raises(MotionFileError, match=r'no take "run".*"bend"'):
        read_motion(file, "run")


def test_half_a_character_in_the_name_of_an_animation_is_spelt_out(tmp_path):
    made = MadeGltf()
    shoulder, _, _ = arm(made)
    times = made.accessor(np.arange(4) / 24)
    turns = made.accessor(np.array([quat("z", 5 * angle) for angle in range(4)]))
    for name in ("walk \ud83d", "run"):
        made.animation(name, [(shoulder, "rotation", times, turns, "LINEAR")])
    file = made.write_glb(tmp_path / "a.glb")
    assert [motion.source.take for motion in read_motions(file)] == ["walk \\ud83d", "run"]
    assert read_motion(file, "walk \\ud83d").source.take == "walk \\ud83d"


def test_vrm_animation_has_the_names_of_its_humanoid(tmp_path):
    made = MadeGltf()
    spine = made.node("b", translation=[0, 0.1, 0])
    leg = made.node("c", translation=[0.1, -0.05, 0])
    hips = made.node("a", [spine, leg], translation=[0, 0.9, 0])
    made.node("root", [hips])
    bones = {"hips": {"node": hips}, "spine": {"node": spine}, "leftUpperLeg": {"node": leg}}
    made.document["extensions"] = {"VRMC_vrm_animation": {"humanoid": {"humanBones": bones}}}
    path = made.accessor(np.array([[0, 0.9, 0], [0, 0.9, 0.1]]))
    made.animation("walk", [(hips, "translation", made.accessor(np.array([0, 1 / 30])), path, "LINEAR")])
    motion = read_motion(made.write_glb(tmp_path / "a.vrma"))
    assert motion.skeleton.names == ("hips", "spine", "leftUpperLeg")
    np.testing.assert_allclose(motion.root_translation[1], [0, 0.9, 0.1], atol=1e-7)
    assert motion.warnings == ()


def test_json_file_reads_its_buffer_from_data_and_from_beside_it(tmp_path):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    times = made.accessor(np.array([0.0, 0.1]))
    made.animation("a", [(elbow, "rotation", times, made.accessor(np.array([quat("z", 9)] * 2)), "LINEAR")])
    data = "data:application/octet-stream;base64," + base64.b64encode(bytes(made.binary)).decode()
    inside = read_motion(made.write_gltf(tmp_path / "inside.gltf", data))
    (tmp_path / "my data.bin").write_bytes(bytes(made.binary))
    beside = read_motion(made.write_gltf(tmp_path / "beside.gltf", "my%20data.bin"))
    np.testing.assert_allclose(inside.rotations, beside.rotations)


@pytest.mark.parametrize(
    "uri",
    [
        "../secret.bin",
        "%2e%2e/secret.bin",
        "/etc/hostname",
        "file:///etc/hostname",
        "http://127.0.0.1:9/a.bin",
        "C:\\secret.bin",
        "sub/../../secret.bin",
        "link.bin",
    ],
)
def test_buffer_outside_of_the_folder_is_not_opened(tmp_path, uri):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    times = made.accessor(np.array([0.0, 0.1]))
    made.animation("a", [(elbow, "rotation", times, made.accessor(np.array([quat("z", 9)] * 2)), "LINEAR")])
    (tmp_path / "secret.bin").write_bytes(bytes(made.binary))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(MotionFileError, match="leads out of the folder"):
        read_motion(made.write_gltf(folder / "a.gltf", uri))


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda d: d["accessors"][0].update(count=10**9), "not believable"),
        (lambda d: d["accessors"][0].update(count=40), "need"),
        (lambda d: d["accessors"][0].update(type="VEC2"), "1 numbers an element are needed"),
        (lambda d: d["bufferViews"][0].update(byteLength=10**6), "cut short"),
        (lambda d: d["nodes"][0].update(children=[3]), "two parents|circle"),
        (lambda d: d["nodes"][3].update(children=[3]), "two parents|circle"),
        (lambda d: d["animations"][0]["samplers"][0].update(interpolation="MAGIC"), "'MAGIC' is unknown"),
        (lambda d: d["animations"][0]["channels"][0].update(sampler=7), "names sampler 7 of 1"),
        (lambda d: d["nodes"][2].update(translation=[1, 2]), "not 3 numbers"),
        (lambda d: d.update(nodes="many"), "no list of objects"),
        (lambda d: d.update(animations=[]), "no animation"),
    ],
)
def test_damaged_document_is_refused_with_its_place(tmp_path, break_it, message):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    times = made.accessor(np.array([0.0, 0.1]))
    made.animation("a", [(elbow, "rotation", times, made.accessor(np.array([quat("z", 9)] * 2)), "LINEAR")])
    break_it(made.document)
    with pytest.raises(MotionFileError, match=message):
        read_motion(made.write_glb(tmp_path / "a.glb"))


def test_key_times_a_year_apart_are_refused(tmp_path):
    made = MadeGltf()
    _, elbow, _ = arm(made)
    times = made.accessor(np.array([0.0, 3e7]))
    made.animation("a", [(elbow, "rotation", times, made.accessor(np.array([quat("z", 9)] * 2)), "LINEAR")])
    with pytest.raises(MotionFileError, match="not believable"):
        read_motion(made.write_glb(tmp_path / "a.glb"))


def test_kaykit_file_gives_its_eleven_takes(shared_dir):
    motions = read_motions(shared_dir / "motions/samples/kaykit_Med_MovementBasic.glb")
    assert len(motions) == 11
    assert "Rig_Medium|Walking_A" in [motion.source.take for motion in motions]
    walk = next(motion for motion in motions if motion.source.take.endswith("Walking_A"))
    assert walk.fps == 30
    assert 0.3 < np.median(world_of(walk, "hips")[:, 1]) < 0.5  # cartoon proportions: hips at 0.41 m


def test_world_positions_of_a_sample_are_those_of_its_node_matrices(shared_dir):
    path = shared_dir / "motions/samples/mesh2motion_addon_2025-11.glb"
    motion = read_motion(path)
    expected = matrices_of(path, motion.source.start_s + 20 / motion.fps)
    for joint, name in enumerate(motion.skeleton.names):
        np.testing.assert_allclose(motion.world[0][20, joint], expected[name][:3, 3], atol=2e-3)


def matrices_of(path, time) -> dict[str, np.ndarray]:
    """World matrices of all nodes at a time, by 4x4 products with scale: another way than the product's."""
    content = path.read_bytes()
    length = int.from_bytes(content[12:16], "little")
    document = json.loads(content[20 : 20 + length])
    binary = content[20 + length + 8 :]

    def numbers(index: int) -> np.ndarray:
        item = document["accessors"][index]
        view = document["bufferViews"][item["bufferView"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[item["type"]]
        begin = view.get("byteOffset", 0) + item.get("byteOffset", 0)
        return np.frombuffer(binary, "<f4", item["count"] * width, begin).reshape(-1, width).astype(float)

    nodes = [dict(node) for node in document["nodes"]]
    animation = document["animations"][0]
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        times, values = numbers(sampler["input"])[:, 0], numbers(sampler["output"])
        at = float(np.clip(time, times[0], times[-1]))
        if channel["target"]["path"] == "rotation" and sampler.get("interpolation") != "STEP":
            value = Slerp(times, Rotation.from_quat(values))(at).as_quat()
        elif sampler.get("interpolation") == "STEP":
            value = values[np.searchsorted(times, at + 1e-6, side="right") - 1]
        else:
            value = [np.interp(at, times, column) for column in values.T]
        nodes[channel["target"]["node"]][channel["target"]["path"]] = list(value)
    world: dict[str, np.ndarray] = {}

    def walk(index: int, above: np.ndarray) -> None:
        node, local = nodes[index], np.eye(4)
        turn = Rotation.from_quat(node.get("rotation", [0, 0, 0, 1])).as_matrix()
        local[:3, :3] = turn * np.array(node.get("scale", [1, 1, 1]))
        local[:3, 3] = node.get("translation", [0, 0, 0])
        world[node["name"]] = above @ local
        for child in node.get("children", []):
            walk(child, world[node["name"]])

    for index in document["scenes"][document["scene"]]["nodes"]:
        walk(index, np.eye(4))
    return world
