"""One pair of embedded stores for the whole run; each worker has a database of its own and works as the application."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator

import django
import hypothesis
import pytest
import redis

RUN_FOLDER = "AXIS_TEST_VAR"
if RUN_FOLDER not in os.environ:
    os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="axis-test-")
os.environ["AXIS_VAR"] = os.environ[RUN_FOLDER]
os.environ["DJANGO_SETTINGS_MODULE"] = "axis_admin.settings"
# The browser's driver leaves an event loop in its worker, which Django would take for an async context.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
django.setup()

from django.conf import settings

from axis_admin import embedded

pytest_plugins = ["tests.databases", "tests.cast"]

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
settings.VALKEY_URL = f"{settings.VALKEY_URL}?db={2 + WORKER}"
settings.CACHES["default"]["LOCATION"] = settings.VALKEY_URL
# Half a second for each password of the cast would be most of the run.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# How long an example takes says how busy the machine is. What else the profile in use says (CI has one) stays.
hypothesis.settings.register_profile("house", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("house")


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if _is_controller(config) and not config.option.collectonly:
        config.axis_stores = embedded.Stores(settings.AXIS_VAR, durable=False)  # type: ignore[attr-defined]
        config.axis_stores.start()  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if stores := getattr(config, "axis_stores", None):
        stores.stop()
    if _is_controller(config):
        shutil.rmtree(settings.AXIS_VAR, ignore_errors=True)


# Every day and every month begins with a quarter of an hour, in whatever zone.
QUARTER_SECONDS, TOO_NEAR_SECONDS = 900, 3.0


@pytest.fixture(autouse=True)
def nothing_begins_in_the_middle_of_a_test() -> None:
    """What a test makes in one hour, day or month it would look at in the next, where other things are right."""
    left = QUARTER_SECONDS - time.time() % QUARTER_SECONDS
    if left < TOO_NEAR_SECONDS:
        time.sleep(left)


@pytest.fixture(scope="session")
def workers_valkey() -> Iterator[redis.Redis]:
    """This worker's own database of the counter store."""
    with redis.Redis.from_url(settings.VALKEY_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def forgotten_tally() -> None:
    """How the gateways stood in one test is not how they stand in the next."""
    from keys import readers

    readers.kept.forget()


@pytest.fixture(autouse=True)
def forgotten_admissions() -> Iterator[None]:
    """What one test admitted uncounted is not the next one's to count."""
    from keys.limits import uncounted

    yield
    uncounted._waiting.clear()


@pytest.fixture(autouse=True)
def forgotten_beginnings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What imported credentials begin with is read anew in each test."""
    from keys import imports

    monkeypatch.setattr(imports, "_remembered", imports._Remembered())


@pytest.fixture(autouse=True)
def forgotten_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pools of one test are not the next one's, and neither are its running jobs."""
    from keys.limits import pools, running

    monkeypatch.setattr(pools, "pools", pools.Pools())
    running._touched.clear()


@pytest.fixture(autouse=True)
def emptied_valkey(workers_valkey: redis.Redis) -> Iterator[None]:
    """Counters and tokens of one test are not the next one's."""
    yield
    workers_valkey.flushdb()
