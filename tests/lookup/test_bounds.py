"""5 MiB and not a byte more, and a fraction of a second whatever stands in them."""

import random
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from axis_admin.lookup import uploads
from keys import mentions, secrets
from keys.models import KeySecret
from tests.lookup.conftest import Box, titles

# A busy machine that tests several things at once is slower than one that answers people.
SECONDS = 4.0
QUADRATIC = [
    "axk_live_",
    "axk_live_abcdefghijkl_",
    f"axk_live_{'a' * 12}_{'b' * 38}",
    "key_",
    "abcdef0123456789",
    "0" * 300 + " ",
    "1.",
    "1.1.1.1 ",
    "a:",
    ":",
    "12:30:45 ",
    "01234567-0123-0123-0123-01234567890 ",
    " ",
    "\n",
    ".",
    '="',
    "\0",
    "\u202e",
]


def filled(piece: str) -> str:
    return (piece * (uploads.LARGEST // len(piece) + 1))[: uploads.LARGEST]


@pytest.mark.parametrize("piece", QUADRATIC, ids=[repr(piece[:20]) for piece in QUADRATIC])
def test_a_hostile_text_takes_no_longer_than_another(piece: str) -> None:
    text = filled(piece)
    began = time.process_time()
    mentions.read(text)
    mentions.beginning_with(text, {"sk-", "ax"})
    assert time.process_time() - began < SECONDS


def test_a_text_of_different_words_takes_no_longer_either() -> None:
    chance = random.Random(7)
    words = (f"{chance.getrandbits(48):012x}" for _ in range(uploads.LARGEST // 13))
    text = " ".join(words)
    began = time.process_time()
    found = mentions.read(text)
    assert time.process_time() - began < SECONDS
    assert found.is_cut
    assert len(found.words) == mentions.MOST_WORDS


def test_the_number_of_finds_is_bounded() -> None:
    texts = [secrets.make_credential("live").text for _ in range(mentions.MOST_CREDENTIALS + 5)]
    found = mentions.read(" ".join(texts))
    assert list(found.credentials) == texts[: mentions.MOST_CREDENTIALS]
    assert found.is_cut


def test_many_lines_cost_a_fixed_number_of_statements(box: Box, django_assert_max_num_queries: object) -> None:
    lines = "\n".join(secrets.make_credential("live").text for _ in range(500))
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        box.paste(f"{lines}\n203.0.113.7 key_{'a' * 14} org_{'b' * 14}")


def test_a_file_of_five_mebibytes_is_read_to_its_end(box: Box, secret: KeySecret) -> None:
    end = f"\n{secret.text}".encode()
    assert titles(box.send(b"x" * (uploads.LARGEST - len(end)) + end))[0].startswith(f"Secret {secret}")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_a_file_of_one_byte_more_is_refused_and_says_so(headers: dict[str, str], box: Box, secret: KeySecret) -> None:
    content = secret.text.encode() + b" " + b"x" * (uploads.LARGEST - len(secret.text))
    file = SimpleUploadedFile("a.log", content)
    answer = box.client.post("/lookup/", {"q": "", "file": file}, headers=headers)
    assert answer.status_code == 413
    assert "larger than 5 MiB" in answer.text
    assert "render-farm-prod" not in answer.text


def test_a_text_of_five_mebibytes_is_read_and_one_byte_more_refused(box: Box, secret: KeySecret) -> None:
    text = "x" * (uploads.LARGEST - len(secret.text) - 1) + " " + secret.text
    assert titles(box.paste(text))[0].startswith(f"Secret {secret}")
    for more in (1, 1024 * 1024):
        answer = box.paste("x" * more + text)
        assert answer.status_code == 413
        assert "larger than 5 MiB" in answer.text


@pytest.mark.parametrize("text", ["\0\0", "a\0b", "\ud83d", "\u202ekey", "%s%d", "' OR 1=1 --", "{{ 7 }}", "<script>"])
def test_odd_text_is_answered_like_any_other(text: str, box: Box) -> None:
    answer = box.client.post("/lookup/", {"q": text.encode("utf-8", "replace").decode()})
    assert answer.status_code == 200
    assert "<script>" not in answer.text.partition('id="found"')[2]
