"""Where a page points there is something."""

import re
from pathlib import Path

import pytest

from tests.docs import markdown
from tests.docs.markdown import ROOT

LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s#]+)\)")
PATH = re.compile(r"(?:\w[\w.-]*/)+(?:\w[\w.-]*)?")
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)
BENCHES = re.compile(r"^BENCHES := (.+)$", re.MULTILINE)
# What a run makes; and what only looks like a path.
MADE = ("var/", "AXIS_VAR/", "application/")


@pytest.mark.parametrize("document", markdown.PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for picture, target in LINK.findall(document.read_text()):
        found = (document.parent / target).resolve()
        assert found.is_relative_to(ROOT)
        if picture:
            assert found.parent == ROOT / "docs" / "pictures"
            assert found.suffix == ".png"
        # Pictures are made last; once there is one, all have to be there.
        if not picture or found.parent.exists():
            assert found.exists(), target


@pytest.mark.parametrize("document", markdown.PAGES, ids=lambda path: path.name)
def test_every_path_that_is_named_exists(document: Path) -> None:
    named = [text for text in markdown.CODE.findall(document.read_text()) if PATH.fullmatch(text)]
    for path in named:
        if not path.startswith(MADE) and "." not in path.split("/")[0]:
            assert (ROOT / path).exists(), path


@pytest.mark.parametrize("document", markdown.PAGES, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = {*_targets(), *_benches()}
    text = document.read_text()
    commands = [*markdown.CODE.findall(text), *(line for block in markdown.fences(text) for line in block.splitlines())]
    assert {command.split()[1] for command in commands if command.startswith("make ")} <= targets


def test_every_measurement_has_its_script() -> None:
    assert _benches()
    for bench in _benches():
        assert (ROOT / "bench" / f"{bench.removeprefix('bench-')}.py").is_file(), bench


def test_the_readme_begins_with_two_commands_and_finds_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    assert markdown.fences(readme) == ["make run\n", "make test\n"]
    linked = {target for _, target in LINK.findall(readme)}
    assert {f"docs/{page.name}" for page in markdown.PAGES if page.parent.name == "docs"} <= linked


def _targets() -> list[str]:
    return TARGETS.findall((ROOT / "Makefile").read_text())


def _benches() -> list[str]:
    """One rule makes all of these: they are named in a list."""
    return [name for names in BENCHES.findall((ROOT / "Makefile").read_text()) for name in names.split()]
