"""What the bench of very many keys makes of its samples, and of its numbers."""

from pathlib import Path

from bench import keys, many_keys, revoking
from bench.cpu import Shares
from bench.load import Result
from bench.sampling import Sample
from tests.docs import markdown


def sample(rate: float) -> Sample:
    result = Result(seconds=1.0, answers=int(rate), cpu_seconds=0.1, p50_ms=1.0, p99_ms=2.0)
    return Sample(result, Shares(None, None, None))


def test_the_last_line_tells_warm_cold_and_revocation_apart() -> None:
    rates = {keys.WARM_FEW: 1000, keys.WARM_MANY: 990, keys.COLD_FEW: 400, keys.COLD_MANY: 380}
    samples = {name: [sample(rate)] * 5 for name, rate in rates.items()}
    line = keys.last_line(samples, [number / 100 for number in range(1, 101)])
    assert line == "many_vs_few_warm=0.990 many_vs_few_cold=0.950 revoke_p50_s=0.500 revoke_p99_s=0.990"


def test_public_ids_are_each_once() -> None:
    made = {number * many_keys.STEP % many_keys.PUBLIC_IDS for number in range(1_000_000, 1_050_000)}
    assert len(made) == 50_000


def test_the_gateway_that_is_measured_is_the_one_of_the_docs() -> None:
    (source,) = revoking._EXAMPLE.findall(Path(markdown.ROOT / "docs" / "gateway.md").read_text())
    assert source == markdown.fences(markdown.read("gateway"), "python")[0]
