"""The live page and what it is served with: no style and no script in it, and scripts that put text in as text only."""

import re
from html.parser import HTMLParser

import pytest

from harness.live.page import page_html, script, style

HOSTILE = '"></option></script><img src=x onerror=alert(1)>'


def elements(markup):
    found = []
    parser = HTMLParser(convert_charrefs=True)
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(markup)
    return found


def test_the_page_has_no_style_and_no_script_of_its_own_and_fetches_only_its_two_files(market_document):
    page = page_html(market_document())
    found = elements(page)
    assert "<style" not in page
    assert [attributes for tag, attributes in found if tag == "script"] == [{"src": "/live.js", "defer": None}]
    assert not [at for _, attributes in found for at in attributes if at == "style" or at.startswith("on")]
    targets = {attributes[at] for _, attributes in found for at in ("src", "href", "action") if at in attributes}
    parts = {"#prices", "#routes", "#alerts", "#portfolio", "#engine"}
    assert targets == {"/live.js", "/live.css", "data:,", "/export"} | parts
    assert {f"#{attributes['id']}" for tag, attributes in found if tag == "section" and "id" in attributes} >= parts


def test_hostile_names_make_no_element_on_the_page(market_document):
    plain, hostile = (elements(page_html(market_document(name))) for name in ("binance", HOSTILE))
    assert [(tag, list(attributes)) for tag, attributes in hostile] == [(tag, list(at)) for tag, at in plain]


def test_every_control_has_a_label_and_is_switched_off_until_there_is_a_token(market_document):
    found = elements(page_html(market_document()))
    labels = {attributes["for"] for tag, attributes in found if tag == "label"}
    assert labels == {attributes["id"] for tag, attributes in found if tag in ("input", "select")}
    assert ("fieldset", {"id": "control", "disabled": None}) in found


def test_without_a_mock_there_is_nothing_to_turn(market_document):
    page = page_html(market_document(controls={"strategies": ["threads"], "latency": None, "faults": None}))
    assert 'id="latency"' not in page
    assert 'id="faults"' not in page
    assert 'id="strategy"' in page
    assert 'id="strategy"' not in page_html(market_document(controls=None))


def test_what_is_in_force_stands_in_the_controls(market_document):
    page = page_html(market_document(engine={"strategy": "threads"}))
    assert '<option value="threads" selected>' in page
    assert '<bdi id="c-latency">20ms</bdi>' in page
    assert '<span id="l-bps">4</span>' in page


@pytest.mark.parametrize("text", [script, style])
def test_what_is_served_names_no_address(text):
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg\")", text())


def test_the_script_puts_text_in_as_text_and_runs_nothing():
    forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|localStorage|\.style\b"
    assert not re.search(forbidden, script())
    # Of a parsed page only elements are taken, into a page whose policy lets nothing in them run.
    assert script().count("parseFromString") == 1


def test_every_element_that_the_script_looks_for_is_on_the_page(market_document):
    ids = {attributes["id"] for _, attributes in elements(page_html(market_document())) if "id" in attributes}
    asked = set(
        re.findall(
            r"\bat\(\"([\w-]+)\"\)|getElementById\(\"([\w-]+)\"\)|\bon\(\"([\w-]+)\", \"(?:click|submit)", script()
        )
    )
    names = {name for group in asked for name in group if name}
    assert len(names) > 15
    assert names <= ids


def test_no_rule_stands_twice_in_what_the_live_page_adds():
    from importlib.resources import files

    for package, name in (("harness.live", "live.css"), ("harness.report", "market.css")):
        rules = (files(package) / name).read_text(encoding="utf-8").splitlines()
        rules = rules[: next(line for line, rule in enumerate(rules) if rule.startswith("@media"))]
        selectors = [rule.partition("{")[0] for rule in rules if not rule.startswith("@")]
        assert len(set(selectors)) == len(selectors)
