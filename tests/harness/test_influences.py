"""Variables that would send or slow one client and not the next."""

import pytest

from harness import influences


@pytest.mark.parametrize(
    "name", ["http_proxy", "HTTP_PROXY", "No_Proxy", "NETRC", "PYTHONDEVMODE", "YARL_NO_EXTENSIONS"]
)
def test_a_variable_is_withheld_in_whatever_case_it_is_written(name):
    assert influences.is_withheld(name)


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "PYTHON_GIL", "PYTHONPATH", "PYTHONHASHSEED", "MY_HTTP_PROXY"])
def test_what_all_feel_alike_or_is_nobodys_road_is_given(name):
    assert not influences.is_withheld(name)


def test_every_variable_has_its_reason_and_is_written_in_small_letters():
    for table in (influences.ROADS, influences.PACES):
        assert all(name == name.lower() and why for name, why in table.items())
    assert not set(influences.ROADS) & set(influences.PACES)


def test_only_what_is_set_to_something_chooses_a_road():
    variables = {"HTTPS_PROXY": "http://user:secret@proxy:3128", "http_proxy": "", "PYTHONDEVMODE": "1", "PATH": "/bin"}
    assert influences.roads(variables) == ["HTTPS_PROXY"]


def test_whoever_has_set_something_is_told_its_name_and_never_its_value():
    assert influences.told({"PATH": "/bin", "http_proxy": ""}) is None
    assert influences.told({"http_proxy": "http://user:secret@proxy"}) == (
        "http_proxy is set here and withheld from every worker: it would send or slow one client and not the others"
    )
    said = influences.told({"http_proxy": "x", "PYTHONDEVMODE": "1"})
    assert said.startswith("PYTHONDEVMODE, http_proxy are set here and withheld from every worker: they would")


def test_a_road_is_set_aside_for_a_while_and_what_is_none_stays():
    variables = {"SSL_CERT_FILE": "/secret", "http_proxy": "", "PATH": "/bin", "PYTHONDEVMODE": "1"}
    before = dict(variables)
    with influences.set_aside(variables) as told:
        assert "SSL_CERT_FILE" not in variables
        assert variables["PYTHONDEVMODE"] == "1"
    assert told == "SSL_CERT_FILE is set here and not heeded; to trust another authority, say --ca-file"
    assert variables == before
    with influences.set_aside({"NETRC": "/secret"}) as told:
        assert told == "NETRC is set here and not heeded"
    with influences.set_aside({"PATH": "/bin"}) as told:
        assert told is None
