"""A file is taken where things are looked up, from people who are signed in, and nowhere else."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from axis_admin.lookup import uploads
from axis_admin.middleware.uploads import LARGEST_FORM
from tests.lookup.conftest import Box

ELSEWHERE = ["/sign-in/", "/d/lnk_0123456789ab", "/orgs/new/"]
FORM = "application/x-www-form-urlencoded"


def _file(size: int = 100) -> SimpleUploadedFile:
    return SimpleUploadedFile("app.log", b"x" * size)


@pytest.fixture
def stranger(db: None) -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was kept of any file."""
    sizes: list[int] = []
    receive = uploads.InMemory.receive_data_chunk

    def noted(self: uploads.InMemory, raw_data: bytes, start: int) -> None:
        sizes.append(len(raw_data))
        receive(self, raw_data, start)

    monkeypatch.setattr(uploads.InMemory, "receive_data_chunk", noted)
    return sizes


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_other_form_takes_a_file(address: str, box: Box, stranger: Client, kept: list[int]) -> None:
    for client in (box.client, stranger):
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies
        # Without the token's cookie it would be refused unread.
        strict.get("/lookup/", follow=True)
        answer = strict.post(address, {"file": _file()})
        # Staff are refused at the customers' door before anything is read.
        assert answer.status_code == (403 if client is box.client and address.startswith("/d/") else 400)
    assert kept == []


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_other_form_has_more_than_a_mebibyte(address: str, box: Box, stranger: Client) -> None:
    for client in (box.client, stranger):
        assert client.post(address, {"q": "x" * LARGEST_FORM}).status_code == 400
        assert client.post(address, f"q={'x' * LARGEST_FORM}", content_type=FORM).status_code == 400


def test_nothing_of_a_stranger_s_is_read_even_where_things_are_looked_up(stranger: Client, kept: list[int]) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/lookup/", {"q": "", "file": _file()})
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/")
    assert kept == []


def test_a_second_file_is_refused(box: Box) -> None:
    assert box.client.post("/lookup/", {"q": "", "file": [_file(), _file()]}).status_code == 400


def test_files_are_measured_together(settings: Any, box: Box) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    half = uploads.LARGEST // 2 + 1
    assert box.client.post("/lookup/", {"q": "", "file": [_file(half), _file(half)]}).status_code == 413


def test_a_stranger_s_fragment_is_sent_to_sign_in_as_any_other(stranger: Client) -> None:
    answer = stranger.post("/lookup/", {"q": "x"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/sign-in/")
