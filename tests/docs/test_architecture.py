"""docs/architecture.md tells the import rules that the linter holds."""

import tomllib

from tests.docs import markdown
from tests.docs.markdown import ROOT


def test_the_order_of_the_packages_is_the_linter_s() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if "axis_admin" in one.get("layers", ()))
    text = markdown.read("architecture")
    assert markdown.fences(text) == [f"{' > '.join(layers)}\n"]
    assert {name.strip("`/") for name in (cells[0] for cells in markdown.rows(text))} == set(layers)
