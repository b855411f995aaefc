"""How long a limit on CPU time held us back, from invented control groups."""

import pytest

from harness import throttling

V2 = "usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\nnr_periods 40\nnr_throttled 7\nthrottled_usec {}\n"
V1 = "nr_periods 40\nnr_throttled 7\nthrottled_time {}\n"
UNLIMITED = "usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\n"


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Make the groups that a system would show: what /proc/self/cgroup says, and cpu.stat by folder."""

    def make(membership, stats):
        (tmp_path / "cgroup").write_text(membership)
        for folder, text in stats.items():
            group = tmp_path / "groups" / folder
            group.mkdir(parents=True, exist_ok=True)
            (group / "cpu.stat").write_text(text)
        monkeypatch.setattr(throttling, "_MEMBERSHIP", tmp_path / "cgroup")
        monkeypatch.setattr(throttling, "_GROUPS", tmp_path / "groups")

    return make


def test_a_container_sees_its_own_group_at_the_top(groups):
    groups("0::/\n", {".": V2.format(1_500_000)})
    assert throttling.throttled_s() == pytest.approx(1.5)


def test_a_path_that_only_the_system_outside_knows_leads_to_the_top(groups):
    groups("4:memory:/docker/ab\n3:cpu,cpuacct:/docker/ab\n", {"cpu,cpuacct": V1.format(2_500_000_000)})
    assert throttling.throttled_s() == pytest.approx(2.5)


def test_the_limits_of_groups_above_ours_hold_for_us_as_well(groups):
    groups("0::/user/session\n", {".": UNLIMITED, "user": V2.format(250_000), "user/session": V2.format(500_000)})
    assert throttling.throttled_s() == pytest.approx(0.75)


def test_a_group_beside_what_can_be_seen_is_not_looked_for(groups):
    groups("0::/../other\n", {".": V2.format(1_000_000), "../other": V2.format(9_000_000)})
    assert throttling.throttled_s() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("membership", "stat"),
    [
        ("0::/\n", UNLIMITED),
        ("0::/\n", "throttled_usec much\n"),
        ("3:cpuset:/\n", V2.format(1_000_000)),
        ("nonsense", V2.format(1_000_000)),
        ("", V2.format(1_000_000)),
    ],
    ids=["no limit", "no number", "another controller", "nonsense", "empty"],
)
def test_where_the_system_does_not_say_there_is_no_number(groups, membership, stat):
    groups(membership, {".": stat})
    assert throttling.throttled_s() is None


def test_a_system_without_control_groups_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(throttling, "_MEMBERSHIP", tmp_path / "nothing")
    assert throttling.throttled_s() is None
