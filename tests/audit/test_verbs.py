"""The registry: each verb reads well, has an icon, and can hold no secret."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template

from audit import entries, sentences, verbs
from audit.entries import Entry
from audit.verbs import Verb

EVERY = pytest.mark.parametrize("verb", list(Verb), ids=str)
NAMED = {"actor": "Dana", "target": "prod", "organization": "Acme"}


@EVERY
def test_a_verb_is_a_noun_and_a_verb_and_found_by_its_text(verb: Verb) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", verb.value)
    assert Verb(verb.value) is verb  # type: ignore[arg-type]
    assert verbs.entry_of(verb.value) is verb.entry


@EVERY
def test_every_verb_has_an_icon_that_exists(verb: Verb) -> None:
    tag = Template("{% load axis_icons %}{% heroicon_outline name %}")
    assert "<svg" in tag.render(Context({"name": verb.entry.icon}))


@EVERY
@pytest.mark.parametrize("outcome", ["success", "denied", "failed"])
def test_every_sentence_reads_without_a_gap(verb: Verb, outcome: str) -> None:
    everything = dict.fromkeys(verb.entry.allowed, "7") | NAMED
    for values in (NAMED, everything, {"actor": "Dana", "target": "prod", "organization": ""}):
        sentence = sentences.render(verb.entry.sentence, values, outcome)
        assert not re.search(r"[\[\]{}]|\w/\w|  |None", sentence)
        assert sentence == sentence.strip()


@EVERY
def test_no_verb_may_hold_a_secret(verb: Verb) -> None:
    assert not [field for field in verb.entry.allowed if entries.HIDDEN.search(field)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"verb": "KeyIssued"}, "noun.verb_past"),
        ({"operation": "destroy"}, "no operation"),
        ({"fields": "name digest"}, "digest may never be recorded"),
        ({"fields": "new_password"}, "new_password may never be recorded"),
        ({"fields": "TokenHash"}, "TokenHash may never be recorded"),
        ({"sentence": "made/make {colour}"}, "speaks of colour"),
    ],
)
def test_an_entry_that_breaks_the_rules_does_not_load(change: dict[str, str], problem: str) -> None:
    good = {"verb": "key.painted", "operation": "update", "icon": "key", "sentence": "painted/paint {target}"}
    assert Entry(**good)
    with pytest.raises(ValueError, match=problem):
        Entry(**good | change)


def test_what_was_done_and_what_was_refused() -> None:
    sentence = Verb.KEY_ROTATED.entry.sentence
    values = NAMED | {"overlap": "24 h"}
    assert sentences.render(sentence, values) == "Dana rotated key prod of Acme, overlap 24 h"
    assert sentences.render(sentence, NAMED, "denied") == "Dana may not rotate key prod of Acme"
    assert sentences.render(sentence, NAMED, "failed") == "Dana could not rotate key prod of Acme"


def test_what_a_name_holds_is_no_template() -> None:
    values = NAMED | {"actor": "{target} [x] a/b", "target": "{actor}"}
    assert sentences.render("made/make {target}", values) == "{target} [x] a/b made {actor}"


def test_a_sentence_without_its_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        sentences.render("made/make {colour}", NAMED)


def test_an_unknown_verb_has_no_entry() -> None:
    assert verbs.entry_of("key.painted") is None


def test_the_code_names_no_verb_that_the_registry_lacks() -> None:
    root = Path(settings.BASE_DIR)
    used = {
        name
        for app in ("audit", "orgs", "keys", "metering", "axis_admin")
        for path in (root / app).rglob("*.py")
        for name in re.findall(r"\bVerb\.([A-Z][A-Z_]+)\b", path.read_text())
    }
    assert used
    assert used <= set(Verb.__members__)
