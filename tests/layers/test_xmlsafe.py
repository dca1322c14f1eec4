"""XML of strangers: what is dangerous in it is refused in a sentence, and nothing is fetched."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from layers.errors import ReadError
from layers.xmlsafe import elements, encoding_of, is_xml, parse, parse_file

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS = {
    "entities": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "a billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>',
    "a file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "the network": '<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd"><a/>',
    "parameters": '<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>',
    "behind a comment": "<?xml version='1.0'?><!-- <a/> --><?x y?>\n<!DOCTYPE a><a/>",
    "small letters": "<!doctype a><a/>",
    "undeclared": "<a>&b;</a>",
    "deep": "<a>" * 5000 + "</a>" * 5000,
    "long": f"<a>{'x' * 11_000_000}</a>",
    "cut off": "<a><b></b>",
    "nothing": "",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_what_is_dangerous_or_broken_is_refused(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    with pytest.raises(ReadError):
        parse(data, "city.gml")
    with pytest.raises(ReadError):
        for element in elements(BytesIO(data), "city.gml", "{*}*"):
            element.clear()


def test_honest_text_is_read_from_bytes_and_files_in_its_own_encoding(tmp_path: Path) -> None:
    text = "<?xml version='1.0' encoding='{}'?><!-- c --><a>Straße<b/></a>"
    for name in ("UTF-8", "ISO-8859-1", "windows-1252"):
        data = text.format(name).encode(name)
        assert is_xml(data) and encoding_of(data) == name
        assert parse(data, "a.xml").text == "Straße"
        path = tmp_path / "a.xml"
        path.write_bytes(data)
        assert parse_file(path).text == "Straße"
        assert [element.tag for element in elements(path, "a.xml", "b")] == ["b"]
    assert parse("<a>ß</a>".encode("iso-8859-1"), "a.xml", "ISO-8859-1").text == "ß"
    assert not is_xml(b"PK\3\4") and not is_xml(b"")


def test_a_file_beyond_the_bound_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>" * 100)
    with pytest.raises(ReadError, match="too large"):
        parse_file(path, most_bytes=100)
