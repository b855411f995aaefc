"""All arms on the same terms, or out."""

from dataclasses import replace

import pytest

from harness import terms_witness
from harness.arm import Arm
from harness.heat import Heat
from harness.terms_witness import common_terms, differing

TRUST = {"authorities": "0a1b2c3d", "made_by": ["ssl.SSLContext", "ssl.create_default_context"]}
PLAIN = {
    "variables": [], "certificates": TRUST, "certificates_at_first": TRUST,
    "libraries": {"urllib3": "2.7.0", "certifi": "2026.01.04"}, "shadowed": None, "source": "0123456789abcdef",
    "scheduling": ["cores 0 1, nice 0"], "scheduling_at_first": ["cores 0 1, nice 0"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    versions = {"urllib3": "2.7.0", "certifi": "2026.1.4", "aiohttp": "3.14.1"}
    monkeypatch.setattr(terms_witness, "installed_version", versions.get)


@pytest.fixture
def raced(measured):
    """Measurements by arm, from what sets the terms of each worker apart from the plain ones."""

    def make(**arms):
        return {
            name: [replace(measured(name, block, 0.3), terms={**PLAIN, **one}) for block, one in enumerate(workers)]
            for name, workers in arms.items()
        }

    return make


def test_arms_on_the_same_terms_are_all_in(raced):
    assert differing(raced(a=[{}, {}], b=[{}, {}])) == {}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"variables": ["HTTP_PROXY"]}, "its workers had HTTP_PROXY set in the end, others had not"),
        ({"certificates": {**TRUST, "authorities": "x"}}, "its workers changed whom TLS trusts by default"),
        (
            {"scheduling": ["cores 0 1, nice 0", "cores 1, nice 0"]},
            "its workers were started on cores 0 1, nice 0 and raced on cores 1, nice 0, others did not",
        ),
        ({"libraries": {"urllib3": "1.26.20"}}, "it raced on urllib3 1.26.20, others on 2.7.0, which is installed"),
    ],
)
def test_the_arm_that_left_what_all_were_given_is_out(raced, terms, said):
    found = differing(raced(a=[{}, {}], b=[{}, terms]))
    assert list(found) == ["b"]
    assert found["b"].startswith(said)


def test_a_minority_that_kept_the_terms_stays_and_those_that_left_them_are_out(raced):
    proxied = {"variables": ["HTTP_PROXY"]}
    assert sorted(differing(raced(a=[proxied], b=[proxied], c=[{}]))) == ["a", "b"]


def test_where_all_left_the_terms_in_the_same_way_nobody_is_out(raced):
    proxied = {"variables": ["HTTP_PROXY"]}
    assert differing(raced(a=[proxied], b=[proxied])) == {}


def test_where_all_left_the_terms_in_other_ways_all_are_out(raced):
    found = differing(raced(a=[{"variables": ["HTTP_PROXY"]}], b=[{"variables": ["ALL_PROXY"]}]))
    assert sorted(found) == ["a", "b"]


def test_an_upgrade_in_the_middle_of_a_run_hits_all_alike_and_is_told(raced, scenario):
    older = {"libraries": {"urllib3": "2.6.0"}}
    by_arm = raced(a=[older, {}], b=[older, {}])
    assert differing(by_arm) == {}
    heat = Heat(scenario, (Arm("a", "a"), Arm("b", "b")), [], [m for them in by_arm.values() for m in them])
    assert common_terms([heat])["differences"] == ["urllib3 called itself 2.6.0 in 2 and 2.7.0 in 2 workers"]


def test_a_library_that_only_one_arm_loads_sets_it_apart_from_nobody(raced):
    own = {"libraries": {**PLAIN["libraries"], "aiohttp": "4.0.0"}}
    assert differing(raced(a=[own], b=[{}])) == {}


def test_a_library_that_nobody_installed_was_given_to_nobody(raced):
    found = differing(raced(a=[{"libraries": {"primp": "1.0"}}], b=[{"libraries": {"primp": "2.0"}}]))
    assert found == {}


def test_a_shadowed_library_puts_its_arm_out_even_if_all_have_it(raced):
    shadowed = {"shadowed": "urllib3 is installed as 2.8.0, but what is imported calls itself 2.25.904"}
    found = differing(raced(a=[shadowed], b=[shadowed]))
    assert sorted(found) == ["a", "b"]
    assert found["a"] == f"it raced on a library that is not the one that was installed: {shadowed['shadowed']}"


def test_an_arm_whose_source_changed_in_the_middle_is_out_and_so_are_all_where_all_did(raced):
    edited = {"source": "fedcba9876543210"}
    found = differing(raced(a=[{}, edited], b=[{}, {}]))
    assert found == {"a": "its source changed in the middle of the race"}
    assert sorted(differing(raced(a=[{}, edited], b=[{}, edited]))) == ["a", "b"]


def test_sources_of_two_arms_are_their_own_affair_and_one_that_is_not_told_accuses_nobody(raced):
    assert differing(raced(a=[{}], b=[{"source": "fedcba9876543210"}], c=[{"source": None}, {}])) == {}


def test_where_a_machine_moved_all_workers_to_its_own_cores_nobody_is_out(raced):
    moved = {"scheduling": ["cores 3, nice 0"]}
    assert differing(raced(a=[moved], b=[moved])) == {}


def test_workers_that_broke_or_told_nothing_are_not_accused(raced, measured):
    by_arm = {**raced(a=[{}]), "b": [measured("b", 0, 0.3)], "c": [measured("c", 0, problem="died")]}
    assert differing(by_arm) == {}
    told = raced(a=[{}])
    told["a"][0].terms.clear()
    assert differing({**told, **raced(b=[{"variables": ["NETRC"]}])}) == {}


def test_what_was_common_is_in_run_json_and_what_was_not_is_a_sentence(raced, scenario, monkeypatch):
    monkeypatch.setattr(terms_witness.os, "environ", {"HTTPS_PROXY": "http://user:secret@proxy"})
    by_arm = raced(a=[{}, {}], b=[{}, {"variables": ["NETRC"]}])
    heat = Heat(scenario, (Arm("a", "a"), Arm("b", "b")), [], [m for them in by_arm.values() for m in them])
    assert common_terms([heat, heat]) == {
        "withheld": "HTTPS_PROXY is set here and withheld from every worker: it would send or slow one client and not "
        "the others",
        "variables": ["NETRC"],
        "certificates": TRUST,
        "libraries": {"certifi": "2026.01.04", "urllib3": "2.7.0"},
        "differences": ["b: its workers had NETRC set in the end, others had not"],
    }


def test_before_the_first_block_there_is_nothing_to_tell(scenario, monkeypatch):
    monkeypatch.setattr(terms_witness.os, "environ", {})
    assert common_terms([Heat(scenario, (), [])]) == {
        "withheld": None, "variables": [], "certificates": None, "libraries": {}, "differences": [],
    }  # fmt: skip
