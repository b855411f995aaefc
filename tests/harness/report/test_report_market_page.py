"""The market as HTML: the same everywhere, whatever things are called, and an export that needs nothing else."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from harness.report.entries import ScenarioEntry
from harness.report.market_cells import cells_of, shape_of
from harness.report.market_page import export_html, fragment_html
from harness.report.prices import prices_of

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "\u202eRTL\x1b[2J\n",
    "' onfocus=alert(1) x='",
)
VOID = {"link", "meta", "col", "br", "input"}


class Elements(HTMLParser):
    """Every element with its attributes; ``text`` is what stands between, ``open`` what was not closed."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.found, self.text, self.open = [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_make_no_element_and_no_attribute(market_document, name, live):
    plain = Elements(fragment_html(market_document(), live=live))
    hostile = Elements(fragment_html(market_document(name, name), live=live))
    assert [(tag, list(attributes)) for tag, attributes in hostile.found] == [
        (tag, list(attributes)) for tag, attributes in plain.found
    ]
    assert hostile.open == []
    assert not [at for _, attributes in hostile.found for at in attributes if at.startswith("on") or at == "style"]


def test_names_are_set_apart_from_the_direction_of_what_is_around_them(market_document):
    page = fragment_html(market_document("\u05d0\u05d1"))
    assert "<bdi>\u05d0\u05d1</bdi>" in page
    assert "\u202e" not in fragment_html(market_document(HOSTILE[2]))


def test_every_cell_has_its_element_on_the_live_page_but_for_those_of_the_controls(market_document):
    document = market_document()
    ids = [
        attributes["id"] for _, attributes in Elements(fragment_html(document, live=True)).found if "id" in attributes
    ]
    assert len(ids) == len(set(ids))
    cells = {name for name in cells_of(document) if not name.startswith("c-") and name != "l-bps"}
    assert set(ids) == cells | {"market", "prices", "routes", "alerts", "portfolio", "engine"}


def test_the_live_page_carries_its_shape_and_the_moments_that_ages_count_from(market_document):
    document = market_document()
    found = Elements(fragment_html(document, live=True)).found
    assert found[0] == (
        "div", {"class": "market", "id": "market", "data-shape": shape_of(document), "data-now": "90000000",
                "data-ttl": "3000000"},
    )  # fmt: skip
    assert {"class": "age", "id": "m-0-0-age", "data-since": "89600000"} in [attributes for _, attributes in found]


def test_a_page_that_stands_still_has_no_ids_and_does_not_tell_how_long_the_machine_has_been_up(market_document):
    document = market_document(now_us=987_654_321_000_000)
    page = fragment_html(document)
    assert not [1 for _, attributes in Elements(page).found if "id" in attributes or "data-since" in attributes]
    assert "98765" not in export_html(document)
    assert "as of 2026-11-30 22:30:01 UTC" in page


def test_columns_are_as_wide_as_the_longest_price_wants_them_and_names_break_behind_an_underscore(market_document):
    page = fragment_html(market_document("coin_base"))
    assert '<table role="table"><colgroup>' in page
    assert "<bdi>coin_<wbr>base</bdi>" in page
    document = market_document()
    document["markets"][0]["bid"] = "0.00001234"
    assert '<table role="table" class="long"><colgroup>' in fragment_html(document)


def test_the_price_part_of_a_report_is_the_fragment_of_its_document(runs, good_run):
    page = (good_run / "report.html").read_text(encoding="utf-8")
    document = prices_of(ScenarioEntry(runs.scenario([])))
    assert fragment_html(document, level=4) in page


def test_an_export_has_a_policy_with_the_hashes_of_its_style_and_its_script_and_allows_nothing_else(market_document):
    page = export_html(market_document())
    policy = next(attributes["content"] for _, attributes in Elements(page).found if "http-equiv" in attributes)
    for kind in ("style", "script"):
        (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["binance", *HOSTILE])
def test_an_export_names_no_address_and_fetches_nothing(market_document, name):
    page = export_html(market_document(name, name))
    found = Elements(page)
    assert not re.search(r"https?:|//[a-z]", page)
    assert found.open == []
    targets = [(tag, at, value) for tag, attributes in found.found for at, value in attributes.items()
               if at in ("src", "href", "action", "data", "srcset")]  # fmt: skip
    assert targets == [("link", "href", "data:,"), ("a", "href", "#market-now")]
    assert [tag for tag, _ in found.found].count("script") == 1


def test_where_there_is_nothing_the_page_says_how_to_get_it(market_document):
    page = fragment_html(market_document(markets=[], portfolio=None), live=True)
    assert "Choose some with <code>-x binance,kraken --pairs" in page
    assert "<code>python -m harness portfolio --sample &gt; portfolio.toml</code>" in page


def test_every_table_has_headers_with_a_scope_and_every_region_that_scrolls_can_be_reached_by_keyboard(market_document):
    found = Elements(fragment_html(market_document(), live=True)).found
    assert {attributes.get("scope") for tag, attributes in found if tag == "th"} == {"col", "row"}
    regions = [attributes for _, attributes in found if attributes.get("role") == "region"]
    assert len(regions) == 4
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in regions)
