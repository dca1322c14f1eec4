"""Where the elements of an XML text stand in its bytes.

The text is well-formed: a parser has read it. Elements come in the order of their start tags, as
`lxml`'s `iter` gives them, so that the n-th span is that of the n-th element.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Comments, CDATA sections and instructions, which may hold what looks like tags; and tags.
_MARKUP = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    rb"""|<(?P<end>/?)(?P<name>[^\s/>!?"'<]++)(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""",
    re.DOTALL,
)


@dataclass(slots=True)
class Span:
    """An element's bytes: `data[begin:inner]` is its start tag, `data[outer:end]` its end tag.

    Of an empty element ("<a/>") `inner`, `outer` and `end` are one.
    """

    name: bytes  # with its prefix
    begin: int
    inner: int
    outer: int
    end: int

    @property
    def is_closed(self) -> bool:
        """Whether the element is one tag that closes itself."""
        return self.inner == self.end


def spans(data: bytes) -> tuple[list[Span], list[Span]]:
    """The elements of a text, and those that are not closed in it, the outermost first."""
    found: list[Span] = []
    still_open: list[Span] = []
    for match in _MARKUP.finditer(data):
        name = match["name"]
        if name is None:
            continue
        begin, end = match.span()
        if match["end"]:
            if still_open:
                closed = still_open.pop()
                closed.outer, closed.end = begin, end
        else:
            span = Span(name, begin, end, end, end)
            found.append(span)
            if data[end - 2 : end - 1] != b"/":
                still_open.append(span)
    for span in still_open:
        span.outer = span.end = len(data)
    return found, still_open
