"""A job travels as a file and arrives as it left."""

import json

import pytest

from harness.job import Job


@pytest.fixture
def job(scenario, tmp_path):
    return Job(
        "/some/where/mine.py:honest", scenario, 2, 3, {"kraken": "http://127.0.0.1:43103"}, "http://127.0.0.1:43100",
        "tökén", str(tmp_path / "side.json"),
    )  # fmt: skip


def test_a_job_arrives_as_it_left(job, tmp_path):
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job


def test_a_job_file_is_plain_json(job, tmp_path):
    job.write(tmp_path / "job.json")
    data = json.loads((tmp_path / "job.json").read_text())
    assert (data["block"], data["warm"], data["scenario"]["requests"]) == (2, 3, 6)


def test_a_job_with_a_key_missing_or_too_many_is_not_read(job, tmp_path):
    job.write(tmp_path / "job.json")
    data = json.loads((tmp_path / "job.json").read_text())
    (tmp_path / "job.json").write_text(json.dumps({**data, "surprise": 1}))
    with pytest.raises(TypeError, match="surprise"):
        Job.read(tmp_path / "job.json")
    del data["token"]
    (tmp_path / "job.json").write_text(json.dumps(data))
    with pytest.raises(TypeError, match="token"):
        Job.read(tmp_path / "job.json")
