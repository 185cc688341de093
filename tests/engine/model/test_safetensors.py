"""The safetensors reader and writer against the `safetensors` package, and on damaged files."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from tmr_engine.errors import BundleError
from tmr_engine.model.safetensors import read_safetensors, write_safetensors

ARRAYS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array([[1.5], [-2.0]], dtype=np.float16),
    "transposed": np.arange(6, dtype=np.int64).reshape(2, 3).T,
    "scalar": np.array(7, dtype=np.int32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "flags": np.array([True, False, True]),
}


def _write(path: Path, arrays, metadata=None) -> bytes:
    buffer = io.BytesIO()
    write_safetensors(buffer, arrays, metadata or {})
    path.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def _raw(path: Path, header, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def _assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert np.array_equal(found[name], array)


def test_what_we_write_the_package_reads(tmp_path):
    _write(tmp_path / "x.safetensors", ARRAYS, {"format": "np"})
    _assert_same(load_file(tmp_path / "x.safetensors"), ARRAYS)


def test_what_the_package_writes_we_read(tmp_path):
    whole = {name: np.ascontiguousarray(array) for name, array in ARRAYS.items()}
    save_file(whole, tmp_path / "x.safetensors", metadata={"format": "pt"})
    _assert_same(read_safetensors(tmp_path / "x.safetensors"), whole)


def test_the_bytes_depend_on_the_content_alone(tmp_path):
    one = _write(tmp_path / "1", ARRAYS, {"x": "1", "y": "2"})
    other = _write(tmp_path / "2", dict(reversed(ARRAYS.items())), {"y": "2", "x": "1"})
    assert one == other


def test_arrays_are_read_only_views_of_the_file(tmp_path):
    _write(tmp_path / "x", ARRAYS)
    with pytest.raises(ValueError, match="read-only"):
        read_safetensors(tmp_path / "x")["b"][0, 0] = 1


def test_a_number_type_that_the_format_lacks_is_refused():
    with pytest.raises(BundleError, match="'z' is complex128"):
        write_safetensors(io.BytesIO(), {"z": np.zeros(2, dtype=complex)}, {})


def test_a_file_cut_at_any_byte_is_refused(tmp_path):
    data = _write(tmp_path / "x", ARRAYS)
    for length in range(len(data)):
        (tmp_path / "x").write_bytes(data[:length])
        with pytest.raises(BundleError, match="not a whole safetensors file"):
            read_safetensors(tmp_path / "x")


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "data", "reason"),
    [
        (b"{,", b"", "not JSON"),
        (b"[" * 100_000, b"", "not JSON"),
        (b"\xff\xfe", b"", "not JSON"),
        ([], b"", "not a JSON object"),
        ({"a": 3}, b"", "no number type"),
        ({"a": F32 | {"dtype": "F8"}}, bytes(8), "no number type"),
        ({"a": F32 | {"dtype": ["F32"]}}, bytes(8), "no number type"),
        ({"a": F32 | {"shape": [-2]}}, bytes(8), "no valid shape"),
        ({"a": F32 | {"shape": [2.0]}}, bytes(8), "no valid shape"),
        ({"a": F32 | {"shape": [True, 2]}}, bytes(8), "no valid shape"),
        ({"a": F32 | {"shape": [10**30, 0], "data_offsets": [0, 0]}}, b"", "no valid shape"),
        ({"a": F32 | {"data_offsets": [0]}}, bytes(8), "no valid shape"),
        ({"a": F32 | {"shape": [3]}}, bytes(8), "needs another number"),
        ({"a": F32 | {"data_offsets": [8, 0]}}, bytes(8), "needs another number"),
        ({"a": F32, "b": F32}, bytes(8), "to two"),
        ({"a": F32, "b": F32 | {"data_offsets": [12, 20]}}, bytes(20), "belongs to no array"),
        ({"a": F32}, bytes(12), "12 are there"),
        ({"a": F32 | {"data_offsets": [2**40, 2**40 + 8]}}, bytes(8), "belongs to no array"),
        ({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
          "b": F32 | {"data_offsets": [1, 9]}}, bytes(9), "multiple of its item size"),
    ],
)  # fmt: skip
def test_a_header_that_lies_is_refused(tmp_path, header, data, reason):
    with pytest.raises(BundleError, match=reason):
        read_safetensors(_raw(tmp_path / "x", header, data))


def test_a_header_that_claims_a_gigabyte_is_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "x"
    path.write_bytes((1 << 30).to_bytes(8, "little"))
    with path.open("r+b") as file:
        file.truncate(2 << 30)  # a hole: takes no disk
    with pytest.raises(BundleError, match="claims 1073741824 bytes"):
        read_safetensors(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"gone\.safetensors: the weights cannot be read"):
        read_safetensors(tmp_path / "gone.safetensors")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_junk_is_refused_or_read_but_never_fails_otherwise(tmp_path, junk):
    (tmp_path / "junk").write_bytes(junk)
    with pytest.raises(BundleError):
        read_safetensors(tmp_path / "junk")
