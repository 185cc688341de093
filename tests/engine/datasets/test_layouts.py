"""Data sets in every layout, made here; the published logic against what the authors' class yields."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.engine.datasets.made import humanml3d, joints
from tmr_engine.datasets import Caption, DatasetError, Places, load_dataset
from tmr_engine.datasets.dataset import frames_of
from tmr_engine.errors import FeatureError
from tmr_engine.features import joints_to_features

# AMASS pose files lead with rotation vectors of 52 joints, Z up
AMASS_WIDTH = 156


def amass_file(path: Path, seconds: float, fps: float) -> None:
    """Someone who stands upright and walks along AMASS's Y at 1 m/s."""
    frames = round(seconds * fps) + 1
    poses = np.zeros((frames, AMASS_WIDTH))
    poses[:, 0] = np.pi / 2  # the body's own Y is up; the world's Z is
    trans = np.stack([np.zeros(frames), -np.arange(frames) / fps, np.full(frames, 0.95)], axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, poses=poses, trans=trans, mocap_framerate=fps, betas=np.zeros(10), gender="neutral")


def annotated(folder: Path, texts: dict[str, list[tuple[str, float, float]]], split: str = "train") -> Path:
    table = {
        key: {
            "path": key,
            "duration": 5.0,
            "annotations": [
                {"seg_id": str(n), "text": text, "start": start, "end": end}
                for n, (text, start, end) in enumerate(rows)
            ],
        }
        for key, rows in texts.items()
    }
    (folder / "splits").mkdir(parents=True)
    (folder / "annotations.json").write_text(json.dumps(table), encoding="utf-8")
    (folder / "splits" / f"{split}.txt").write_text("\n".join(texts), encoding="utf-8")
    return folder


def test_published_items_captions_and_crops_are_yielded(shared_dir: Path, tmp_path: Path) -> None:
    logic = json.loads((shared_dir / "reference" / "pipeline" / "dataset_logic.json").read_text())
    (tmp_path / "splits").mkdir()
    (tmp_path / "annotations.json").write_text(json.dumps(logic["annotations"]))
    for split, keys in logic["splits"].items():
        (tmp_path / "splits" / f"{split}.txt").write_text("\n".join(keys))
    for name, rows in logic["feature_rows"].items():
        path = tmp_path / "motions" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        # every row holds its own number, so that a crop shows where it was cut
        np.save(path, np.repeat(np.arange(rows, dtype=np.float32)[:, None], 263, axis=1))
    for split, expected in logic["expected"].items():
        dataset = load_dataset(tmp_path, split)
        assert list(dataset.keys) == [item["keyid"] for item in expected]
        for index, item in enumerate(expected):
            captions = dataset.captions(index)
            # outside training the authors return the first caption alone
            shown = captions if split == "train" else captions[:1]
            assert {caption.text for caption in shown} == set(item["possible"])
            for number, caption in enumerate(shown):
                first, end = item["possible"][caption.text]
                part = dataset.features(index, number)
                assert (part[0, 0], len(part)) == (first, end - first)


def test_humanml3d_layout_gives_captions_parts_and_features(tmp_path: Path) -> None:
    dataset = load_dataset(humanml3d(tmp_path / "made"), "train")
    assert dataset.keys == tuple(f"{number:06d}" for number in range(8))
    assert dataset.captions(1) == (
        Caption("a person jumps up 1", 0.0, math.inf),
        Caption("someone jumps up", 0.0, 2.2),
    )
    whole = joints_to_features(joints(51, 1).astype(np.float32))
    np.testing.assert_allclose(dataset.features(1), whole, atol=1e-6)
    np.testing.assert_allclose(dataset.features(1, 1), whole[:44], atol=1e-6)


def test_stored_features_are_taken_as_they_are_and_kit_is_recognised(tmp_path: Path) -> None:
    folder = humanml3d(tmp_path / "made", train=1, val=1)
    (folder / "new_joint_vecs").mkdir()
    stored = np.random.default_rng(0).normal(size=(40, 251)).astype(np.float32)
    for path in (folder / "new_joints").iterdir():
        np.save(folder / "new_joint_vecs" / path.name, stored)
    dataset = load_dataset(folder, "train")
    assert (dataset.width, dataset.fps) == (251, 12.5)
    np.testing.assert_array_equal(dataset.features(0), stored)


@pytest.mark.parametrize(("seconds", "kept"), [(1.9, False), (2.0, True), (10.0, True), (10.1, False)])
def test_parts_outside_two_to_ten_seconds_are_left_out_but_never_of_test_splits(
    tmp_path: Path, seconds: float, kept: bool
) -> None:
    for split in ("train", "test"):
        folder = annotated(tmp_path / split, {"walk": [("walks", 0.0, seconds)]}, split)
        (folder / "motions").mkdir()
        np.save(folder / "motions" / "walk.npy", joints(250, 0))
        if kept or split == "test":
            assert len(load_dataset(folder, split).features(0)) == int(seconds * 20)
        else:
            with pytest.raises(DatasetError, match="no item"):
                load_dataset(folder, split)


@pytest.mark.parametrize("fps", [20.0, 30.0, 59.94, 100.0, 120.0, 150.0, 250.0])
def test_amass_at_any_rate_becomes_twenty_frames_a_second(tmp_path: Path, fps: float) -> None:
    folder = annotated(tmp_path / "set", {"A/walk_poses": [("walks", 0.0, 3.0)]})
    amass_file(tmp_path / "amass" / "A" / "walk_poses.npz", 4.0, fps)
    dataset = load_dataset(folder, "train", places=Places(motions=tmp_path / "amass"))
    features = dataset.features(0)
    assert len(features) == 60
    steps = np.linalg.norm(features[:, 1:3], axis=1)
    # 1 m/s is 5 cm a frame, times the scale to the reference skeleton, at every source rate
    assert steps.std() < 1e-4
    assert 0.03 < steps.mean() < 0.07
    reference = tmp_path / "again" / "A" / "walk_poses.npz"
    amass_file(reference, 4.0, 20.0)
    wanted = load_dataset(folder, "train", places=Places(motions=tmp_path / "again")).features(0)
    np.testing.assert_allclose(features[:, :67], wanted[:, :67], atol=1e-4)


def test_a_mirrored_key_without_a_file_of_its_own_mirrors_the_motion(tmp_path: Path) -> None:
    folder = annotated(tmp_path / "set", {"walk": [("left", 0.0, 2.0)], "M/walk": [("right", 0.0, 2.0)]})
    (folder / "motions").mkdir()
    np.save(folder / "motions" / "walk.npy", joints(60, 3))
    swapped = joints(60, 3) * [-1, 1, 1]
    right, left = [2, 5, 8, 11, 14, 17, 19, 21], [1, 4, 7, 10, 13, 16, 18, 20]
    swapped[:, right + left] = swapped[:, left + right]
    found = load_dataset(folder, "train").features(1)
    np.testing.assert_array_equal(found, joints_to_features(swapped)[:40])


def babel(folder: Path) -> Path:
    entry = {
        "babel_sid": 7,
        "feat_p": "A/A/walk_poses.npz",
        "dur": 4.0,
        "seq_ann": {"labels": [{"raw_label": "walk about", "proc_label": "walk", "act_cat": ["walk"]}]},
        "frame_ann": {
            "labels": [
                {
                    "raw_label": "walk", "proc_label": "walk", "act_cat": ["walk"],
                    "start_t": 0.0, "end_t": 2.5,
                },
                {
                    "raw_label": "transition", "proc_label": "transition", "act_cat": ["transition"],
                    "start_t": 2.5, "end_t": 3.0,
                },
            ]
        },
    }  # fmt: skip
    whole = {**entry, "babel_sid": 8, "frame_ann": None}
    absent = {**entry, "babel_sid": 9, "feat_p": "B/none.npz"}
    folder.mkdir()
    (folder / "train.json").write_text(json.dumps({"7": entry, "8": whole, "9": absent}))
    return folder


def test_babel_gives_an_item_a_span_with_its_labels(tmp_path: Path) -> None:
    folder = babel(tmp_path / "babel")
    amass_file(folder / "motions" / "A" / "walk_poses.npz", 4.0, 60.0)
    dataset = load_dataset(folder, "train")
    assert dataset.keys == ("7/0", "8/0")
    assert dataset.captions(0) == (Caption("walk", 0.0, 2.5),)
    assert dataset.captions(1) == (Caption("walk about"),)
    assert dataset.labels(0) == ("walk",)
    assert len(dataset.features(0)) == 50
    assert any("1 recordings" in warning for warning in dataset.warnings)


def manifest(folder: Path, rows: str, captions: str) -> Path:
    folder.mkdir()
    (folder / "manifest.csv").write_text(rows, encoding="utf-8")
    (folder / "captions.csv").write_text(captions, encoding="utf-8")
    np.save(folder / "walk.npy", joints(60, 0))
    return folder


def test_a_manifest_gives_its_splits_and_times(tmp_path: Path) -> None:
    folder = manifest(
        tmp_path / "own",
        "id,file,split\none,walk.npy,train\ntwo,walk.npy,val\n",
        'id,start_s,end_s,caption\none,,,walks\none,0.5,1.5,"walks, slowly"\ntwo,,,runs\n',
    )
    dataset = load_dataset(folder, "train")
    assert dataset.keys == ("one",)
    assert dataset.captions(0) == (Caption("walks"), Caption("walks, slowly", 0.5, 1.5))
    assert len(dataset.features(0, 1)) == 20
    assert load_dataset(folder, "val").keys == ("two",)
    assert load_dataset(folder, "all").keys == ("one", "two")


def test_demo_library_splits_never_share_a_clip_and_are_all_readable() -> None:
    splits = {split: load_dataset("demo", split) for split in ("train", "val", "test")}
    keys = [key for dataset in splits.values() for key in dataset.keys]
    assert len(keys) == len(set(keys)) == 351
    assert sorted(keys) == sorted(load_dataset("demo", "all").keys)
    held_out = splits["test"].readable()
    assert (len(held_out), held_out.warnings) == (len(splits["test"]), ())


def test_data_sets_are_joined_under_their_own_names(tmp_path: Path) -> None:
    folders = [humanml3d(tmp_path / name, train=2, val=1) for name in ("a", "b")]
    both = load_dataset(folders, "train")
    assert both.keys == ("a/000000", "a/000001", "b/000000", "b/000001")
    np.testing.assert_array_equal(both.features(2), load_dataset(folders[1], "train").features(0))


def test_a_motion_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    folder = humanml3d(tmp_path / "made")
    (folder / "new_joints" / "000002.npy").write_bytes(b"rubbish")
    dataset = load_dataset(folder, "train", limits=(0.0, math.inf)).readable()
    assert "000002" not in dataset.keys
    assert len(dataset) == 7
    assert any("000002" in warning for warning in dataset.warnings)


def test_kept_features_are_those_that_were_read_until_the_file_changes(tmp_path: Path) -> None:
    folder = annotated(tmp_path / "set", {"walk": [("walks", 0.0, 3.0)]})
    amass_file(folder / "motions" / "walk.npz", 4.0, 60.0)
    kept = tmp_path / "kept"
    plain = load_dataset(folder, "train").features(0)

    def again() -> np.ndarray:
        return load_dataset(folder, "train", places=Places(kept=kept)).features(0)

    np.testing.assert_array_equal(again(), plain)
    (file,) = kept.iterdir()
    marked = np.load(file) + 1
    np.save(file, marked)
    np.testing.assert_array_equal(again(), marked[:60])  # from the disk, not read again
    file.write_bytes(b"cut short")
    np.testing.assert_array_equal(again(), plain)
    amass_file(folder / "motions" / "walk.npz", 5.0, 30.0)
    np.testing.assert_allclose(again()[:, :67], plain[:, :67], atol=1e-4)
    assert len(list(kept.iterdir())) == 2


def test_equal_captions_get_bit_equal_vectors(tmp_path: Path) -> None:
    class Encoder:
        width = 2

        def encode(self, texts: list[str]) -> np.ndarray:
            assert len(set(texts)) == len(texts)
            return np.random.default_rng(0).normal(size=(len(texts), 2)).astype(np.float32)

    folder = manifest(
        tmp_path / "own",
        "id,file,split\none,walk.npy,train\ntwo,walk.npy,train\nthree,walk.npy,train\n",
        "id,caption\none,walks\ntwo,runs\nthree,walks\n",
    )
    rows = load_dataset(folder, "train").text_embeddings(Encoder())
    assert rows.shape == (3, 2)
    np.testing.assert_array_equal(rows[0], rows[2])
    assert not np.array_equal(rows[0], rows[1])


def test_frames_of_a_part_are_cut_as_published() -> None:
    assert frames_of(Caption("", 1.15, 3.45), 20.0, 120) == (23, 69)
    assert frames_of(Caption("", 10.15, 12.35), 20.0, 246) == (203, 246)
    assert frames_of(Caption("", 1.0), 20.0, 120) == (20, 120)


def damaged_text(folder: Path) -> None:
    (folder / "texts" / "000000.txt").write_text("no hashes here\n")


def binary_text(folder: Path) -> None:
    (folder / "texts" / "000000.txt").write_bytes(b"\xff\xfe")


def no_split(folder: Path) -> None:
    (folder / "train.txt").unlink()


@pytest.mark.parametrize(
    ("damage", "words"), [(damaged_text, "line 1"), (binary_text, "UTF-8"), (no_split, "split")]
)
def test_damage_in_the_texts_is_one_sentence_that_names_the_place(tmp_path: Path, damage, words: str) -> None:
    folder = humanml3d(tmp_path / "made")
    damage(folder)
    with pytest.raises(DatasetError, match=words):
        load_dataset(folder, "train")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": {"path": "x"}}', '{"a": 3}'])
def test_damaged_annotations_are_refused(tmp_path: Path, text: str) -> None:
    folder = annotated(tmp_path / "set", {"a": [("walks", 0.0, 3.0)]})
    (folder / "motions").mkdir()
    (folder / "annotations.json").write_text(text)
    with pytest.raises(DatasetError, match=r"annotations\.json"):
        load_dataset(folder, "train")


@pytest.mark.parametrize(
    ("rows", "captions", "words"),
    [
        ("name\none\n", "id,caption\n", "no column file, id"),
        ("id,file\none,walk.npy,more,cells\n", "id,caption\none,walks\n", "line 2"),
        ("id,file\none,walk.npy\n", "id,caption,start_s\none,walks,soon\n", "soon"),
        ("id,file\none,walk.npy\n", "id,caption,start_s\none,walks,-1\n", "-1"),
    ],
)
def test_damaged_tables_are_refused(tmp_path: Path, rows: str, captions: str, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        load_dataset(manifest(tmp_path / "own", rows, captions), "all")


def test_a_folder_without_layout_and_one_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no data set"):
        load_dataset(tmp_path, "train")
    with pytest.raises(DatasetError, match="no such folder"):
        load_dataset(tmp_path / "nowhere", "train")


def test_motions_too_short_for_a_step_are_left_out(tmp_path: Path) -> None:
    folder = humanml3d(tmp_path / "made", train=2)
    np.save(folder / "new_joints" / "000000.npy", joints(1, 0))
    with pytest.raises(FeatureError):
        joints_to_features(joints(1, 0))
    assert load_dataset(folder, "train").keys == ("000001",)
