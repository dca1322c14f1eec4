"""Values as text in XML: between tags, in attributes, as names."""

from __future__ import annotations

import re
from typing import Any

import orjson

#: What XML 1.0 cannot hold, however it is spelt.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_A_NAME = re.compile(r"[^\w.-]|^(?=[\d.-])")


def spelt(value: Any) -> str:
    """A value as text; lists of plain values as XML has them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return " ".join(map(spelt, value))
    return "" if value is None else orjson.dumps(value).decode()


def escaped(text: str) -> str:
    """Text as it stands between tags; what XML cannot hold becomes the sign for that."""
    text = _NOT_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def quoted(text: str) -> str:
    """Text as the value of an XML attribute, with its quotes."""
    text = escaped(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")
    return f'"{text}"'


def element_name(key: str) -> str:
    """A key as the name of an element."""
    return _NOT_A_NAME.sub("_", key) or "_"


def items_of(value: Any) -> list[Any]:
    """The values that are said one by one."""
    return value if isinstance(value, list) else [value]
