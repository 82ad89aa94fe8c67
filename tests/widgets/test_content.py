"""What is shown of a file: its beginning, as what it is and never as a page."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jupyter_gradient_data.widgets import content, markup
from jupyter_gradient_data.widgets.content import Nothing, Picture, Table, Text
from tests.service.place import Place
from tests.support import flowers


def _look(place: Place, path: str, data: bytes) -> content.Content:
    version = place.version({path: data})
    return content.read_content(place.service, version.reference, place.service.get_file(version.reference, path))


def test_texts(embedded: Place) -> None:
    assert _look(embedded, "a.txt", "Grüße\n".encode()) == Text("Grüße\n", False)
    assert _look(embedded, "latin", b"Gr\xfc\xdfe ohne Ende") == Text("Grüße ohne Ende", False)
    cut = _look(embedded, "long.log", "ü".encode() * content.TEXT_BYTES)
    assert cut == Text("ü" * (content.TEXT_BYTES // 2), True)
    assert _look(embedded, "one byte more", b"x" + "ü".encode() * content.TEXT_BYTES) == Text(
        "x" + "ü" * (content.TEXT_BYTES // 2 - 1), True
    )
    assert isinstance(_look(embedded, "empty", b""), Nothing)
    assert isinstance(_look(embedded, "x.gz", gzip.compress(b"x" * 100)), Nothing)
    assert _look(embedded, "p.html", b"<script>1</script>") == Text("<script>1</script>", False)
    assert _look(embedded, "d.svg", b"<svg onload='x'/>") == Text("<svg onload='x'/>", False)


def test_json_is_set_out(embedded: Place) -> None:
    assert _look(embedded, "a.json", b'{"a":[1]}') == Text('{\n  "a": [\n    1\n  ]\n}', False)
    assert _look(embedded, "bad.json", b'{"a":') == Text('{"a":', False)
    assert _look(embedded, "deep.json", b"[" * 50_000) == Text("[" * 50_000, False)


def test_a_json_with_half_a_character_is_shown_as_it_is(embedded: Place) -> None:
    assert _look(embedded, "half.json", b'["\\ud800"]') == Text('["\\ud800"]', False)


def test_tables(embedded: Place) -> None:
    short = _look(embedded, "a.csv", b'name,count\n"x, y",007\nz,\n')
    assert short == Table(("name", "count"), (("x, y", "007"), ("z", "")), (False, True), False)
    long = _look(embedded, "b.csv", flowers.table(20_000))
    assert isinstance(long, Table)
    assert (len(long.rows), long.is_cut) == (content.ROWS, True)
    ragged = _look(embedded, "c.tsv", b"a\tb\n1\n1\t2\t3\n")
    assert isinstance(ragged, Table)
    assert ragged.rows == (("1",), ("1", "2", "3"))
    assert markup.table_html(ragged, "c").count("<td") == 4


def test_a_parquet_file_is_read_only_where_it_is_looked_at(embedded: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"id": list(range(200_000)), "word": [f"<b>{number}" for number in range(200_000)]})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=1000)
    read: list[int] = []
    real = content.RangeFile.read
    monkeypatch.setattr(content.RangeFile, "read", lambda self, size=-1: read.append(size) or real(self, size))
    found = _look(embedded, "t.parquet", buffer.getvalue())
    assert isinstance(found, Table)
    assert found.header == ("id", "word")
    assert found.rows[:2] == (("0", "<b>0"), ("1", "<b>1"))
    assert (found.numeric, found.rows_total, len(found.rows)) == ((True, False), 200_000, 50)
    assert 0 < sum(read) < len(buffer.getvalue()) / 5
    assert "<b>" not in markup.table_html(found, "t")
    assert isinstance(_look(embedded, "bad.parquet", b"PAR1 and nothing else"), Nothing)


def test_odd_parquet_files(embedded: Place) -> None:
    two = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert _look(embedded, "two.parquet", _parquet(two)) == Table(("a", "a"), (("1", "2"),), (True, True), False, 1)
    far = _look(embedded, "far.parquet", _parquet(pa.table({"t": pa.array([2**60, None], pa.timestamp("ms"))})))
    assert isinstance(far, Table)
    assert far.rows_total == 2
    data = _parquet(pa.table({"a": [1, 2]}))
    assert isinstance(_look(embedded, "damaged.parquet", data[:8] + b"\xff" * 20 + data[28:]), Nothing)


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def test_pictures_are_known_by_their_bytes(embedded: Place) -> None:
    png = flowers.picture(8, 8, (1, 2, 3))
    assert _look(embedded, "a.png", png) == Picture(png, "png")
    assert _look(embedded, "no-suffix", png) == Picture(png, "png")
    assert _look(embedded, "fake.png", b"<svg onload='x'/>") == Text("<svg onload='x'/>", False)
    assert content.picture_format(b"RIFF1234WEBPVP8 ") == "webp"
    large = _look(embedded, "large.png", png + bytes(content.IMAGE_BYTES))
    assert isinstance(large, Nothing)


@pytest.mark.parametrize("code", ["a = '</pre><script>x</script>'", "\"quoted\" & 'quoted'\nnext"])
def test_a_snippet_is_escaped(code: str) -> None:
    made = markup.snippet_html(code)
    assert "<script" not in made
    assert _attribute(made, "data-text") == code


def _attribute(made: str, name: str) -> str:
    from html.parser import HTMLParser

    class Parser(HTMLParser):
        found: Mapping[str, str | None] = {}

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "button":
                self.found = dict(attrs)

    parser = Parser()
    parser.feed(made)
    return str(parser.found[name])
