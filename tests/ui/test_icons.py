from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString
from heroicons import IconDoesNotExist

from axis_admin.ui import icons
from tests.ui.conftest import HOSTILE


def _drawn(library: str, tag: str, **context: object) -> str:
    return Template(f"{{% load {library} %}}{{% {tag} %}}").render(Context(context))


@pytest.mark.parametrize("style", ["micro", "mini", "outline", "solid"])
@pytest.mark.parametrize("rest", ["", 'size=18 aria_hidden="true"', 'size=None class="big" stroke_width=2'])
def test_an_icon_looks_as_the_library_draws_it_also_the_second_time(style: str, rest: str) -> None:
    tag = f'heroicon_{style} "key" {rest}'
    assert _drawn("axis_icons", tag) == _drawn("axis_icons", tag) == _drawn("heroicons", tag)


def test_an_icon_is_drawn_once() -> None:
    assert icons.heroicon_micro("key") is icons.heroicon_micro("key")


@pytest.mark.parametrize("value", [HOSTILE, SafeString(HOSTILE)], ids=["text", "text that says it is safe"])
def test_what_an_attribute_says_is_escaped_whatever_was_drawn_before(value: str) -> None:
    for _ in range(2):
        drawn = _drawn("axis_icons", 'heroicon_mini "key" aria_label=value', value=value)
        assert "<script>" not in drawn
        assert "&lt;script&gt;" in drawn
        assert _drawn("axis_icons", 'heroicon_mini "key" aria_label=value', value="key").count("key") == 1


def test_values_that_are_equal_and_not_the_same_are_not_drawn_for_one_another() -> None:
    assert 'a="1"' in icons.heroicon_micro("key", a=1)
    assert 'a="True"' in icons.heroicon_micro("key", a=True)
    assert isinstance(icons.heroicon_micro("key", a=True), SafeString)


def test_an_icon_that_does_not_exist_is_an_error_each_time() -> None:
    for _ in range(2):
        with pytest.raises(IconDoesNotExist):
            icons.micro("no-such-icon")
