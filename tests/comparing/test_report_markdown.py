"""Markdown shows every text as it is, and is marked only where a reader would obey it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qmectk.comparing.report.tables import markdown
from qmectk.comparing.report.wording import clean

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PIECES = st.sampled_from([*"ab1 _*`[]()!<>&;#~|\\-+=.:/@$\"'", "1. ", "&amp;", "<b>", "](", "__", "---"])


class Text(HTMLParser):
    """The text of a page and the tags around it."""

    def __init__(self, page):
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


@given(st.lists(PIECES, min_size=1, max_size=12).map("".join).map(clean).filter(bool))
def test_a_reader_sees_the_text_and_nothing_else(text):
    alone = Text(READER.render(markdown(text)))
    assert (alone.text.strip(), alone.tags) == (text, ["p"])
    cell = Text(READER.render(f"| {markdown(text)} |\n| --- |\n"))
    assert (cell.text.strip(), cell.tags) == (text, ["table", "thead", "tr", "th"])


@pytest.mark.parametrize(
    "text", ["2.01 ms (1.2 \u2013 3.9 ms)", "gap < 1 %", "p1 [frame 3]", "random_server", "a & b", "p < 0.001", "V=100"]
)
def test_what_is_no_markup_has_no_marks(text):
    assert markdown(text) == text
