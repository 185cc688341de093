"""Fetching a library from a server of this machine that misbehaves in every way."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tmr_engine.cli import main
from tmr_engine.errors import Cancelled, LibraryError
from tmr_engine.library import downloads
from tmr_engine.library.catalogue import RemoteFile, RemoteLibrary, catalogue, remote_library
from tmr_engine.library.downloads import Fetched, fetch

from .making import write_walk


@dataclass
class Server:
    """What the server sends, how it misbehaves, and what it was asked.

    Args:
        content: of the one file.
        tag: names the version of the content.
        cuts: after how many bytes each answer ends, the first first; then they are whole.
        has_ranges: whether it understands Range.
        wrong_range: answers with the range from byte 0, whatever was asked for.
        says_length: whether an answer states its length.
        status: an error in place of an answer.
    """

    content: bytes
    tag: str = '"one"'
    cuts: list[int] = field(default_factory=list)
    has_ranges: bool = True
    wrong_range: bool = False
    says_length: bool = True
    status: int = 200
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range", "")
        self.asked.append(wanted)
        if self.status != 200:
            request.send_error(self.status)
            return
        first = int(wanted.removeprefix("bytes=").removesuffix("-") or 0) if self.has_ranges else 0
        if request.headers.get("If-Range", self.tag) != self.tag:
            first = 0
        if first >= len(self.content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if self.wrong_range and first:
            first = 0
            request.send_response(206)
            request.send_header("Content-Range", f"bytes 0-{len(self.content) - 1}/{len(self.content)}")
        elif first:
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        else:
            request.send_response(200)
        rest = self.content[first:]
        if self.says_length:
            request.send_header("Content-Length", str(len(rest)))
        request.send_header("ETag", self.tag)
        request.end_headers()
        request.wfile.write(rest[: self.cuts.pop(0)] if self.cuts else rest)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    state = Server(archive({"walk.bvh": os.urandom(400_000)}))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, *_: object) -> None:
            """Nothing: standard error belongs to the tests."""

    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(downloads, "_PAUSE_S", 0.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{served.server_address[1]}/motions.zip"
        yield state
        served.shutdown()
        thread.join()


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()


def library_of(server: Server, sha256: str | None = None, megabytes: int = 1) -> RemoteLibrary:
    checksum = hashlib.sha256(server.content).hexdigest() if sha256 is None else sha256
    file = RemoteFile(server.url, "motions.zip", checksum, megabytes)
    return RemoteLibrary(
        "made", "Made motions", "https://made.example", (file,), "CC0, of nobody.", "Ada", ""
    )


def get(library: RemoteLibrary, into: Path) -> Fetched:
    return fetch(library, into, accept_licence=True)


def unpacked(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def assert_is_fetched(fetched: Fetched, server: Server) -> None:
    assert unpacked(fetched.folder / "motions") == members(server.content)
    assert sorted(path.name for path in fetched.folder.iterdir()) == [
        *("LICENCE.txt", "motions", "motions.zip", "motions.zip.sha256")
    ]


def test_a_library_is_fetched_checked_unpacked_and_its_licence_lies_beside_it(server: Server, tmp_path: Path):
    fetched = get(library_of(server), tmp_path / "new" / "place")
    assert fetched.folder == tmp_path / "new" / "place" / "made"
    assert_is_fetched(fetched, server)
    assert fetched.checksums == {"motions.zip": hashlib.sha256(server.content).hexdigest()}
    licence = (fetched.folder / "LICENCE.txt").read_text(encoding="utf-8")
    assert "CC0, of nobody" in licence
    assert "Ada" in licence


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path):
    get(library_of(server), tmp_path)
    get(library_of(server), tmp_path)
    assert server.asked == [""]


def test_without_the_licence_nothing_is_fetched_or_made(server: Server, tmp_path: Path):
    with pytest.raises(LibraryError, match=r"licence.*CC0, of nobody.*--accept-licence"):
        fetch(library_of(server), tmp_path, accept_licence=False)
    assert server.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_transfer_that_is_cut_is_gone_on_with_from_where_it_stopped(server: Server, tmp_path: Path):
    server.cuts = [100_000, 50_000]
    assert_is_fetched(get(library_of(server), tmp_path), server)
    assert server.asked == ["", "bytes=100000-", "bytes=150000-"]


def test_a_server_without_ranges_is_asked_for_all_of_it_again(server: Server, tmp_path: Path):
    server.cuts, server.has_ranges = [100_000], False
    assert_is_fetched(get(library_of(server), tmp_path), server)
    assert server.asked == ["", "bytes=100000-"]


def test_a_server_that_sends_another_range_than_asked_for_is_not_believed(server: Server, tmp_path: Path):
    server.cuts, server.wrong_range = [100_000], True
    assert_is_fetched(get(library_of(server), tmp_path), server)
    assert server.asked == ["", "bytes=100000-", ""]


def test_a_file_that_changed_since_the_cut_is_fetched_from_its_start(server: Server, tmp_path: Path):
    server.cuts = [100_000, 0, 0, 0, 0]
    with pytest.raises(LibraryError, match=r"cut the download short.*goes on where it stopped"):
        get(library_of(server), tmp_path)
    server.content, server.tag = archive({"run.bvh": os.urandom(300_000)}), '"two"'
    assert_is_fetched(get(library_of(server, sha256=""), tmp_path), server)


def test_a_server_that_never_gets_further_is_given_up(server: Server, tmp_path: Path):
    server.cuts = [1000] + [0] * 50
    with pytest.raises(LibraryError, match=r"cut the download short.*Run the command again"):
        get(library_of(server), tmp_path)
    assert len(server.asked) == 5
    server.cuts.clear()
    assert_is_fetched(get(library_of(server), tmp_path), server)
    assert server.asked[-1] == "bytes=1000-"


def test_a_download_that_was_whole_before_it_was_moved_is_not_fetched_again(server: Server, tmp_path: Path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "motions.zip.part").write_bytes(server.content)
    fetched = get(library_of(server), tmp_path)
    assert unpacked(fetched.folder / "motions") == members(server.content)
    assert server.asked == [f"bytes={len(server.content)}-"]


def test_rubbish_longer_than_the_file_is_replaced(server: Server, tmp_path: Path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "motions.zip.part").write_bytes(bytes(len(server.content) + 5))
    assert_is_fetched(get(library_of(server), tmp_path), server)


def test_a_server_that_states_no_length_is_believed_when_it_ends(server: Server, tmp_path: Path):
    server.says_length = False
    assert_is_fetched(get(library_of(server), tmp_path), server)


def test_a_wrong_checksum_is_refused_and_the_file_deleted(server: Server, tmp_path: Path):
    with pytest.raises(LibraryError, match=r"checksum of the download is .*, expected 0000"):
        get(library_of(server, sha256="0" * 64), tmp_path)
    assert list((tmp_path / "made").iterdir()) == []


def test_a_checksum_that_nobody_publishes_is_recorded_and_compared_with_later(server: Server, tmp_path: Path):
    fetched = get(library_of(server, sha256=""), tmp_path)
    assert "no checksum is published" in fetched.notes[0]
    (fetched.folder / "motions.zip").unlink()
    assert "the one of the first download" in get(library_of(server, sha256=""), tmp_path).notes[0]
    (fetched.folder / "motions.zip").unlink()
    server.content = archive({"other.bvh": b"x"})
    with pytest.raises(LibraryError, match="the publisher changed it"):
        get(library_of(server, sha256=""), tmp_path)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_server_that_refuses_is_told_and_not_asked_again(server: Server, tmp_path: Path, status: int):
    server.status = status
    with pytest.raises(LibraryError, match=rf"127\.0\.0\.1.*refused \({status} "):
        get(library_of(server), tmp_path)
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_told(server: Server, tmp_path: Path):
    library = library_of(server)
    gone = replace(library, files=(replace(library.files[0], url="http://127.0.0.1:9/motions.zip"),))
    with pytest.raises(LibraryError, match=r"the network failed.*Run the command again"):
        get(gone, tmp_path)


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_far_larger_than_the_catalogue_says_is_refused(
    server: Server, tmp_path: Path, says_length: bool
):
    server.content, server.says_length = bytes(5 << 20), says_length
    with pytest.raises(LibraryError, match="about 1 MB are expected"):
        get(library_of(server), tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 4 << 20


def test_a_cancelled_download_goes_on_later(server: Server, tmp_path: Path):
    server.content = archive({"walk.bvh": os.urandom(900_000)})
    seen: list[int] = []
    with pytest.raises(Cancelled):
        fetch(
            library_of(server),
            tmp_path,
            accept_licence=True,
            progress=lambda done, _total, _name: seen.append(done),
            cancelled=lambda: len(seen) >= 2,
        )
    assert_is_fetched(get(library_of(server), tmp_path), server)
    assert server.asked == ["", f"bytes={seen[-1]}-"]


def test_progress_says_how_much_of_how_much(server: Server, tmp_path: Path):
    calls: list[tuple[int, int, str]] = []
    fetch(library_of(server), tmp_path, accept_licence=True, progress=lambda *call: calls.append(call))
    size = len(server.content)
    assert calls[-1] == (size, size, "motions.zip")
    assert [done for done, _, _ in calls] == sorted(done for done, _, _ in calls)


def linked() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        entry = zipfile.ZipInfo("out")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc")
    return stream.getvalue()


HOSTILE = {
    "a path upwards": archive({"../outside.bvh": b"x"}),
    "a path upwards below": archive({"a/../../outside.bvh": b"x"}),
    "a path upwards for Windows": archive({"..\\outside.bvh": b"x"}),
    "an absolute path": archive({"/outside.bvh": b"x"}),
    "a drive": archive({"C:outside.bvh": b"x"}),
    "a link": linked(),
    "a bomb": archive({"bomb.bvh": bytes(100 << 20)}, zipfile.ZIP_DEFLATED),
    "many small bombs": archive({f"{n}.bvh": bytes(8 << 20) for n in range(8)}, zipfile.ZIP_DEFLATED),
    "no archive": b"<html>please log in</html>",
    "a damaged archive": archive({"walk.bvh": bytes(100_000)})[:-30],
    "a damaged file": archive({"walk.bvh": b"abc" * 10_000}).replace(b"abcabc", b"abcabd", 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_damaged_archive_writes_nothing_and_can_be_fetched_anew(
    server: Server, tmp_path: Path, name: str
):
    good, server.content = server.content, HOSTILE[name]
    with pytest.raises(LibraryError, match=r"archive|unpacks"):
        get(library_of(server, sha256=""), tmp_path / "into")
    assert [path.name for path in tmp_path.rglob("*")] == ["into", "made"]
    server.content = good
    assert_is_fetched(get(library_of(server, sha256=""), tmp_path / "into"), server)


def test_bones_seed_is_explained_and_not_fetched(tmp_path: Path):
    with pytest.raises(LibraryError, match=r"by hand.*licence.*huggingface\.co"):
        get(remote_library("BONES-SEED"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_library_of_the_catalogue_states_its_licence_credit_and_page():
    libraries = {library.name: library for library in catalogue()}
    assert {"cmu", "100style", "bones-seed"} <= libraries.keys()
    for library in libraries.values():
        assert library.licence
        assert library.credit
        assert library.page.startswith("http")
        for file in library.files:
            assert re.fullmatch(r"https?://\S+", file.url)
            assert re.fullmatch(r"[\w.]+", file.name)
            assert re.fullmatch(r"(?:[0-9a-f]{64})?", file.sha256)
            assert file.megabytes > 0
    assert libraries["100style"].files[0].sha256


def test_the_command_shows_the_licence_fetches_and_says_how_to_go_on(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    walk = write_walk(tmp_path / "walk.bvh").read_bytes()
    server.content = archive({"motions/walk.bvh": walk})
    monkeypatch.setattr("tmr_engine.cli.library.remote_library", lambda _name: library_of(server))
    command = ["library", "get", "made", "--into", str(tmp_path / "into"), "--json"]
    assert main(command) == 2
    printed = capsys.readouterr()
    assert "CC0, of nobody" in printed.err
    assert "--accept-licence" in json.loads(printed.out)["error"]["fix"]
    assert main([*command, "--accept-licence"]) == 0
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert answer["folder"] == str(tmp_path / "into" / "made")
    assert answer["sha256"] == {"motions.zip": hashlib.sha256(server.content).hexdigest()}
    assert "CC0, of nobody" in printed.err
    assert (tmp_path / "into" / "made" / "motions" / "motions" / "walk.bvh").read_bytes() == walk
