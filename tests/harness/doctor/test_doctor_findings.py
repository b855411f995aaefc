"""What the doctor says of each topic, where it is fine and where it is not."""

import itertools
import resource

import pytest

from harness.doctor import descriptors, libraries, network, processors
from harness.doctor.clock import clock, sleeper
from harness.doctor.finding import STATES
from harness.doctor.loopback import loopback
from harness.kernel_counters import counters


@pytest.fixture(scope="module")
def of_libraries():
    return libraries.libraries()


@pytest.mark.slow
def test_every_finding_about_this_machine_is_a_sentence_with_a_known_state(of_libraries):
    found = [
        processors.processors(), processors.load(), processors.interpreter(), clock(), sleeper(), loopback(),
        descriptors.descriptors(), network.proxies(), *of_libraries,
        network.kernel(counters(), counters()),
    ]  # fmt: skip
    for finding in found:
        assert finding.state in STATES
        assert finding.said
        assert not finding.said.endswith(".")
        assert bool(finding.advice) or finding.state == "fine"


def test_one_allowed_core_is_doubtful(monkeypatch):
    monkeypatch.setattr(processors, "machine", lambda: {
        "cpu": "A processor", "cores": 4, "affinity": [2], "architecture": "x86_64", "kernel": "6.1",
    })  # fmt: skip
    found = processors.processors()
    assert (found.state, found.said) == ("doubtful", "4 cores, 1 of them allowed: A processor")
    assert "second one" in found.advice


@pytest.mark.parametrize(("load", "state"), [(0.9, "fine"), (1.0, "fine"), (1.1, "doubtful")])
def test_a_load_above_half_of_the_cores_is_doubtful(monkeypatch, load, state):
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert processors.load().state == state


@pytest.mark.parametrize(
    ("before", "after", "state", "said"),
    [
        ((0, 1000), (5, 2000), "fine", "0.5% of the processors' time went to other guests"),
        ((0, 1000), (50, 2000), "doubtful", "5.0% of the processors' time went to other guests"),
        (None, None, "doubtful", "this system says neither what other programs use nor"),
        ((5, 1000), (5, 1000), "doubtful", "this system says neither what other programs use nor"),
    ],
)
def test_time_that_the_hypervisor_took_is_told_as_a_share(before, after, state, said):
    found = processors.steal(before, after)
    assert found.state == state
    assert found.said.startswith(said)


@pytest.mark.parametrize(
    ("soft", "hard", "state", "said"),
    [
        (1024, 4096, "fine", "1,024 now, 4,096 at most: enough for 2,016 requests in flight"),
        (256, 256, "doubtful", "256 now, 256 at most: enough for 96 requests in flight"),
        (40, 40, "bad", "40 now, 40 at most: enough for 0 requests in flight"),
        (1024, resource.RLIM_INFINITY, "fine", "1,024 now, and no limit to raising them"),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, "fine", "no limit now, and no limit to raising them"),
    ],
)
def test_file_descriptors_are_told_as_requests_in_flight(monkeypatch, soft, hard, state, said):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, hard))
    found = descriptors.descriptors()
    assert (found.state, found.said) == (state, said)


def test_a_fine_clock_tells_its_step():
    ticks = itertools.count(0, 50)
    found = clock(lambda: next(ticks))
    assert found.state == "fine"
    assert "steps of 0.05 µs, 0.05 µs a reading" in found.said


def test_a_clock_of_milliseconds_is_doubtful():
    ticks = itertools.count()
    found = clock(lambda: next(ticks) // 100 * 1_000_000)
    assert found.state == "doubtful"
    assert found.facts["step_s"] == pytest.approx(0.001)


@pytest.mark.parametrize("read", [lambda: 5, itertools.count(0, -1).__next__])
def test_a_clock_that_stands_still_or_goes_backwards_makes_measuring_impossible(read):
    assert clock(read).state == "bad"


@pytest.mark.parametrize(("late", "state"), [(0.0001, "fine"), (0.004, "doubtful")])
def test_who_wakes_late_from_a_short_sleep_cannot_hold_delays(late, state):
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds + late

    found = sleeper(sleep, lambda: now[0])
    assert found.state == state
    assert found.facts["late_p50_s"] == pytest.approx(late)


def test_a_loopback_that_nobody_can_use_makes_measuring_impossible(monkeypatch):
    def refused(*args, **kwargs):
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr("socket.create_server", refused)
    found = loopback()
    assert found.state == "bad"
    assert "Cannot assign requested address" in found.said


def test_connections_that_were_tried_again_are_named_with_their_numbers():
    found = network.kernel({"ListenOverflows": 3, "RetransSegs": 9}, {"ListenOverflows": 5, "RetransSegs": 9})
    assert found.state == "doubtful"
    assert "counted ListenOverflows +2" in found.said
    assert "RetransSegs" not in found.said


def test_a_short_queue_for_new_connections_is_doubtful(monkeypatch, tmp_path):
    (tmp_path / "somaxconn").write_text("128\n")
    monkeypatch.setattr(network, "_SOMAXCONN", tmp_path / "somaxconn")
    found = network.kernel({"RetransSegs": 9}, {"RetransSegs": 9})
    assert (found.state, found.said) == ("doubtful", "a queue of only 128 for new connections")


def test_a_system_without_counters_is_no_reason_to_worry():
    assert network.kernel({}, {}).state == "fine"


def test_proxies_are_named_and_their_values_are_not():
    found = network.proxies({"HTTP_PROXY": "http://user:secret@proxy:3128", "https_proxy": "", "PATH": "/bin"})
    assert found.facts == {"variables": ["HTTP_PROXY"]}
    assert "secret" not in str(found)


def test_a_package_that_another_distribution_replaced_makes_measuring_impossible():
    found = libraries.shadows({"urllib3": "2.8.0", "requests": "2.34.2"}, {"urllib3": "2.25.904", "requests": "2.34.2"})
    assert found.state == "bad"
    assert found.said == "urllib3 is installed as 2.8.0, but what is imported calls itself 2.25.904"
    assert found.advice.endswith("uninstall that one, then pip install --force-reinstall urllib3")


def test_a_package_that_says_no_version_of_itself_is_not_accused():
    assert libraries.shadows({"trio": "0.35.0"}, {}).state == "fine"


@pytest.mark.slow
def test_every_library_says_the_version_that_was_installed(of_libraries):
    _, found, _ = of_libraries
    assert (found.topic, found.state) == ("shadowed packages", "fine")


def test_a_library_that_is_missing_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(libraries, "_imported", dict)
    real = libraries.installed_version
    monkeypatch.setattr(libraries, "installed_version", lambda name: None if name == "trio" else real(name))
    found = libraries.libraries()[0]
    assert found.state == "doubtful"
    assert found.advice == "pip install trio"
