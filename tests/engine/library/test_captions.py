"""Every place that captions come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tmr_engine.library.captions import Captions, Note


def said(path: Path) -> list[tuple[str, float | None, float | None]]:
    captions = Captions()
    notes = captions.notes(path)
    assert captions.warnings == []
    return [(note.text, note.start_s, note.end_s) for note in notes if note.text]


def texts(path: Path) -> list[str]:
    return [text for text, _, _ in said(path)]


def test_a_table_in_the_folder_with_several_captions_and_parts(motions: Path):
    (motions / "captions.csv").write_text(
        'file,start,end,text\nwalk.bvh,,,"a walk, slow"\nwalk.bvh,1.5,2.5,a turn\njump.bvh,,,a jump\n',
        encoding="utf-8",
    )
    assert said(motions / "walk.bvh") == [("a walk, slow", None, None), ("a turn", 1.5, 2.5)]
    assert texts(motions / "jump.bvh") == ["a jump"]
    assert texts(motions / "other.bvh") == []


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        (["filename", "start_s", "end_s", "caption"], ","),
        (["path", "from", "to", "description"], ";"),
        (["Motion", "Start_Time", "End_Time", "Label"], "\t"),
    ],
)
def test_other_column_names_and_separators_are_understood(motions: Path, header: list[str], delimiter: str):
    rows = [header, ["walk", "0.5", "1", "a step"]]
    content = "\n".join(delimiter.join(row) for row in rows)
    (motions / "metadata.csv").write_text("\ufeff" + content, encoding="utf-8")
    assert said(motions / "walk.bvh") == [("a step", 0.5, 1.0)]


def test_numbered_text_columns_are_several_captions(motions: Path):
    (motions / "captions.csv").write_text(
        "file,caption_1,caption_2,caption 3\nw,one,two,\n", encoding="utf-8"
    )
    assert texts(motions / "w.bvh") == ["one", "two"]


def test_a_table_further_up_names_files_by_path_or_by_name(motions: Path):
    (motions / "captions.csv").write_text(
        "file,text\nwalks/walk.bvh,by path\nwalk,by name\nruns\\walk.bvh,another\n", encoding="utf-8"
    )
    assert texts(motions / "walks" / "walk.bvh") == ["by path", "by name"]
    assert texts(motions / "runs" / "walk.bvh") == ["another", "by name"]


def test_tags_licence_and_credit_come_along(motions: Path):
    (motions / "captions.csv").write_text(
        'file,text,tags,license,author\nw.bvh,a walk,"calm, old",CC0,Ada\n', encoding="utf-8"
    )
    (note,) = Captions().notes(motions / "w.bvh")
    assert note == Note("a walk", "captions.csv", tags=("calm", "old"), licence="CC0", credit="Ada")


def test_a_table_by_take_speaks_to_every_file_that_has_the_take(motions: Path):
    (motions / "captions.csv").write_text("take,text\nJump,a jump\n", encoding="utf-8")
    (note,) = Captions().notes(motions / "pack.glb")
    assert (note.take, note.text) == ("Jump", "a jump")


def test_a_clip_column_names_a_file_or_a_take(motions: Path):
    (motions / "captions.csv").write_text("clip,text\nJump,a jump\n", encoding="utf-8")
    assert [note.take for note in Captions().notes(motions / "pack.glb")] == ["Jump"]
    assert "" in [note.take for note in Captions().notes(motions / "jump.bvh")]


def test_a_csv_beside_a_motion(motions: Path):
    (motions / "walk.csv").write_text("start,end,text\n0,1,one\n1,2,two\n", encoding="utf-8")
    assert said(motions / "walk.bvh") == [("one", 0.0, 1.0), ("two", 1.0, 2.0)]


def test_a_csv_of_raw_data_beside_a_motion_is_no_caption_file(motions: Path):
    (motions / "walk.csv").write_text("Frame,root_translateX\n0,1.0\n", encoding="utf-8")
    assert texts(motions / "walk.bvh") == []


def test_json_beside_a_motion_and_for_a_folder(motions: Path):
    beside = {"captions": ["a walk", {"text": "a turn", "start": 1, "end": 2}], "tags": ["calm"]}
    (motions / "walk.json").write_text(json.dumps(beside), encoding="utf-8")
    assert said(motions / "walk.bvh") == [("a walk", None, None), ("a turn", 1.0, 2.0)]
    folder = {"run.bvh": ["a run"], "kit": {"annotations": [{"text": "a kick", "start": 0.5, "end": 1.5}]}}
    (motions / "captions.json").write_text(json.dumps(folder), encoding="utf-8")
    assert texts(motions / "run.bvh") == ["a run"]
    assert said(motions / "kit.npz") == [("a kick", 0.5, 1.5)]


def test_json_list_with_file_names(motions: Path):
    rows = [{"file": "run.bvh", "caption": "a run", "license": "CC0"}]
    (motions / "captions.json").write_text(json.dumps(rows), encoding="utf-8")
    (note,) = Captions().notes(motions / "run.bvh")
    assert (note.text, note.licence) == ("a run", "CC0")


def test_another_programs_json_is_no_caption_file(motions: Path):
    (motions / "walk.json").write_text('{"version": 3, "bones": [1, 2]}', encoding="utf-8")
    assert texts(motions / "walk.bvh") == []


def test_humanml3d_texts_beside_the_folder_of_the_motions(motions: Path):
    (motions / "texts").mkdir()
    (motions / "texts" / "000021.txt").write_text(
        "a man walks.#a/DET man/NOUN walk/VERB#0.0#0.0\n"
        "he turns#he/PRON turn/VERB#2.0#4.5\n"
        "he stops#x#nan#nan\n",
        encoding="utf-8",
    )
    expected = [("a man walks.", None, None), ("he turns", 2.0, 4.5), ("he stops", None, None)]
    assert said(motions / "new_joints" / "000021.npy") == expected


def write_bones_seed(root: Path) -> Path:
    (root / "metadata").mkdir()
    (root / "metadata" / "seed_metadata_v004.csv").write_text(
        "filename,move_soma_uniform_path,category,content_natural_desc_1,content_natural_desc_2,"
        "content_short_description,content_technical_description,content_uniform_style,is_mirror\n"
        "walk_R_002__A535,soma_uniform/bvh/230101/walk_R_002__A535.bvh,Locomotion,a person walks,"
        "somebody strolls,walk,gait with heel strike,neutral,0\n",
        encoding="utf-8",
    )
    label = {
        "filename": "walk_R_002__A535",
        "num_events": 2,
        "events": [
            {"start_time": 0.0, "end_time": 1.07, "description": "starts to walk"},
            {"start_time": 1.07, "end_time": 8.89, "description": "keeps walking"},
        ],
    }
    labels = root / "metadata" / "seed_metadata_v002_temporal_labels.jsonl"
    labels.write_text(json.dumps(label) + "\n", encoding="utf-8")
    return root / "soma_uniform" / "bvh" / "230101" / "walk_R_002__A535.bvh"


def test_bones_seed_descriptions_and_timeline(motions: Path):
    path = write_bones_seed(motions)
    assert said(path) == [
        ("a person walks", None, None),
        ("somebody strolls", None, None),
        ("walk", None, None),
        ("gait with heel strike", None, None),
        ("starts to walk", 0.0, 1.07),
        ("keeps walking", 1.07, 8.89),
    ]
    first = Captions().notes(path)[0]
    assert first.tags == ("Locomotion", "neutral")
    assert first.licence == "BONES-SEED License"


@pytest.mark.parametrize("name", ["02_03.bvh", "2_3.bvh", "02_03_poses.npz", "CMU 02_03.bvh"])
def test_the_cmu_list_of_the_bvh_conversions(motions: Path, name: str):
    (motions / "cmu-mocap-index-text.txt").write_text(
        "CMU database\nSubject #2 (various)\n\n"
        "02_02\twalk\n02_03\trun/jog, fast; then stop\n02_04\tUnknown\n",
        encoding="utf-8",
    )
    (note,) = Captions().notes(motions / name)
    assert (note.text, note.origin) == ("run/jog, fast; then stop", "CMU index")
    assert "mocap.cs.cmu.edu" in note.credit
    assert Captions().notes(motions / "02_04.bvh") == ()


def test_the_cmu_list_as_csv(motions: Path):
    (motions / "cmu_index.csv").write_text(
        'take,description,capture_fps\n01_01,"playground - forward jumps, turn around",120\n02_01,walk,120\n',
        encoding="utf-8",
    )
    assert texts(motions / "01_01.amc") == ["playground - forward jumps, turn around"]
    assert texts(motions / "02_01.amc") == ["walk"]


def test_the_given_cmu_list_is_read_whole(motions: Path, shared_dir: Path):
    (motions / "cmu_index.csv").write_bytes((shared_dir / "data" / "cmu_index.csv").read_bytes())
    captions = Captions()
    assert [note.text for note in captions.notes(motions / "49_02.amc")]
    assert captions.notes(motions / "01_01.amc")[0].text == "playground - forward jumps, turn around"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("captions.csv", b'file,text\nwalk.bvh,"never closed\n'),
        ("captions.csv", b"file,text\n\xff\xfe\xff\n"),
        ("captions.csv", b"file,start,end,text\nwalk.bvh,soon,2,a walk\n"),
        ("captions.csv", b"file,start,end,text\nwalk.bvh,-1,2,a walk\n"),
        ("captions.json", b"{"),
        ("captions.json", b"[" * 100_000),
        ("captions.json", b'{"walk.bvh": [{"text": "x", "start": "soon"}]}'),
        ("walk.json", b"\x00\x01"),
        ("texts/walk.txt", b"\xff\xff"),
        ("texts/walk.txt", b"a walk#words#x#y\n"),
        ("metadata/seed_metadata_v9.csv", b"filename,category\n\xff\xff,x\n"),
        ("metadata/x_temporal_labels.jsonl", b'{"filename": "walk"}\n'),
        ("metadata/x_temporal_labels.jsonl", b"not json\n"),
    ],
)
def test_a_malformed_caption_file_is_told_and_stops_nothing(motions: Path, name: str, content: bytes):
    (motions / name).parent.mkdir(exist_ok=True)
    (motions / name).write_bytes(content)
    captions = Captions()
    assert captions.notes(motions / "walk.bvh") == ()
    (warning,) = captions.warnings
    assert (motions / name).name in warning


def test_good_rows_of_a_table_with_a_bad_one_are_kept(motions: Path):
    (motions / "captions.csv").write_text("file,start,end,text\nw,soon,2,bad\nw,1,2,good\n", encoding="utf-8")
    captions = Captions()
    assert [note.text for note in captions.notes(motions / "w.bvh")] == ["good"]
    assert "line 2" in captions.warnings[0]
