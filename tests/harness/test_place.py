from datetime import UTC, datetime

from harness.place import Place

AT = datetime(2026, 11, 30, 22, 30, 5, tzinfo=UTC)


def test_an_answer_about_real_exchanges_says_where_and_when_and_claims_no_more():
    origins = {"kraken": "https://api.kraken.com", "okx": "https://www.okx.com", "gate": "http://127.0.0.1:1"}
    place = Place(origins, True, "somewhere")
    assert place.told(AT, ["okx", "kraken"]) == (
        "asked www.okx.com, api.kraken.com over TLS from this machine at 2026-11-30T22:30Z, once: "
        "this says nothing about other places and times"
    )
    assert "over TLS" not in place.told(AT, ["okx", "gate"])
    assert place.asked(AT, ["okx"])["asked"] == {"okx": "https://www.okx.com"}


def test_of_servers_on_this_machine_neither_ports_nor_times_are_told():
    place = Place({"kraken": "http://127.0.0.1:41523"}, False, "the mock server")
    assert place.asked(AT, ["kraken"]) == {"real": False, "sentence": "the mock server"}
