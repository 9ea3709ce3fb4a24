"""Networks that callers may come from, as they are kept and as they are compared."""

import pytest
from django.core.exceptions import ValidationError

from keys import asks
from keys.actions.gateways import MOST_NETWORKS, normal_cidrs


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("203.0.113.7/24", "203.0.113.0/24"),
        (" 203.0.113.7 ", "203.0.113.7/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:203.0.113.7/120", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_is_kept_in_its_usual_spelling(given: str, kept: str) -> None:
    assert normal_cidrs([given]) == [kept]


def test_a_caller_of_ipv4_is_in_a_network_written_as_ipv6() -> None:
    assert asks.address("::ffff:203.0.113.9") in asks.network("::ffff:203.0.113.0/120")
    assert asks.address("203.0.113.9") in asks.network("::ffff:203.0.113.0/120")
    assert asks.address("203.0.114.9") not in asks.network("::ffff:203.0.113.0/120")


def test_each_network_is_kept_once_in_the_order_given() -> None:
    assert normal_cidrs(["10.0.0.0/8", "203.0.113.7", "10.1.2.3/8", "::ffff:10.0.0.0/104"]) == [
        "10.0.0.0/8",
        "203.0.113.7/32",
    ]


def test_there_are_at_most_a_hundred() -> None:
    networks = [f"10.0.{number}.0/24" for number in range(MOST_NETWORKS + 1)]
    assert len(normal_cidrs([*networks[:-1], networks[0]])) == MOST_NETWORKS
    with pytest.raises(ValidationError, match="At most 100 networks"):
        normal_cidrs(networks)


@pytest.mark.parametrize("text", ["", "everywhere", "fe80::1%eth0/64", "::1%\0", "203.0.113.0/33"])
def test_what_is_none_is_named(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normal_cidrs([text])
    assert "is not a network" in refused.value.message_dict["allowed_cidrs"][0]
    assert "\0" not in refused.value.message_dict["allowed_cidrs"][0]
