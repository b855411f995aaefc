"""report.html and summary.md as a hostile reader, a hostile name and a browser see them."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from harness.report import draw

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "$x_$",
    "_leading",
    "A" * 5000,
    "日本",
    "\u202eRTL\x1b[2J\nline\x00\ud800",
    "a | b `c` [d](e) <b>",
)


class Elements(HTMLParser):
    """Every element with its attributes, and the text between them."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.text = []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def page_of(folder):
    """The page with plain spaces; where lines may not break is a test of its own."""
    return (folder / "report.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory, runs):
    """A run in which everything that has a name has a hostile one, each in a state of its own."""
    evil = HOSTILE[0]
    states = ["ranked", "ranked", "tied", "tied", "ranked", "ranked", "disqualified", "skipped"]
    arms = [
        runs.arm(name, None if status in ("disqualified", "skipped") else place, 0.05 + 0.01 * place,
                 status=status, reason=f"reason {name}", limited_by=evil,
                 measurements=[{"block": 0, "place": {evil: evil}, "batches": [{"time_s": 1.0}] * 4}])
        for place, (name, status) in enumerate(zip(HOSTILE, states, strict=True), 1)
    ]  # fmt: skip
    readout = {
        "arm": evil, "taker_fees": {evil: evil},
        "prices": [{"pair": evil, "bid": evil, "bid_exchange": evil, "ask": evil, "ask_exchange": evil,
                    "spread_bps": evil, "exchanges": [evil]}],
        "arbitrage": [{"pair": evil, "buy": evil, "sell": evil, "ask": evil, "bid": evil, "gross_bps": evil,
                       "fee_bps": evil, "net_bps": evil, "verdict": evil, "reason": evil}],
    }  # fmt: skip
    points = [runs.point(number, evil, 2.0, label=f"{evil}{number}") for number in (1, 8)]
    curves = [
        runs.curve(dict.fromkeys(HOSTILE[:7], points), axis=axis, held=[evil], baseline=evil, left_out=[evil])
        for axis in (evil, "concurrency")
    ]
    content = runs.run(
        [runs.scenario(arms, name=evil, baseline=HOSTILE[2], latency=evil, readout=readout,
                       twin={"of": evil, "ratio": 1.0, "low": 0.9, "high": 1.1, "blocks": 5},
                       verdict={"state": evil, "reasons": [evil]}, spoilt=[{"block": evil, "reasons": [evil]}],
                       surroundings={evil: {"foreign": 1.0}}, drift={"over_session": 1.0, "p": evil})],
        clock={"stepped_s": 2.0, "said": evil}, curves=curves,
        terms={"variables": [evil], "withheld": evil, "libraries": {evil: evil}, "differences": [evil]},
        id=evil, started=evil, seed=evil, command=evil, machine={"cpu": evil, "python": evil, "affinity": [evil]},
        versions={evil: evil, "aiohttp": evil}, verdict={"state": evil, "sentence": evil, "reasons": [evil]},
    )  # fmt: skip
    rows = runs.request_rows(HOSTILE[:2], scenario_name=evil)
    folder = runs.write(tmp_path_factory.mktemp("hostile") / "run", content, rows)
    draw(folder)
    return folder


@pytest.mark.slow
def test_hostile_names_make_no_element_and_no_attribute_of_their_own(hostile_run, good_run):
    allowed = {tag for tag, _ in Elements(page_of(good_run)).found}
    found = Elements(page_of(hostile_run)).found
    assert {tag for tag, _ in found} <= allowed | {"ul", "li", "h4"}
    assert "img" not in {tag for tag, _ in found}
    assert not [name for _, attributes in found for name in attributes if name.startswith("on") or name == "style"]
    assert [tag for tag, _ in found].count("script") == 1


@pytest.mark.slow
def test_hostile_names_are_shown_as_they_are_spelled(hostile_run):
    text = "".join(Elements(page_of(hostile_run)).text)
    for name in (HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3], HOSTILE[5]):
        assert name in text
    assert "A" * 81 not in text


@pytest.mark.slow
def test_control_characters_and_marks_of_direction_are_escaped_in_every_file(hostile_run):
    for path in [hostile_run / "report.html", hostile_run / "summary.md", *(hostile_run / "charts").glob("*.svg")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text), path.name
        assert r"\u202eRTL\x1b[2J" in text.replace("\\\\", "\\").replace("\\[", "[") or path.suffix == ".svg"


@pytest.mark.slow
def test_labels_in_charts_are_at_most_forty_characters_and_never_mathematics(hostile_run):
    texts = [
        "".join(element.itertext())
        for element in ElementTree.parse(hostile_run / "charts" / "cost.svg").iter("{http://www.w3.org/2000/svg}text")
    ]
    assert "$x_$" in texts
    assert "_leading" in texts
    assert "日本" in texts
    assert "A" * 39 + "…" in texts


@pytest.mark.slow
def test_every_saved_svg_is_well_formed_and_holds_nothing_that_runs(hostile_run):
    charts = list((hostile_run / "charts").glob("*.svg"))
    assert charts
    for path in charts:
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(path).iter()}
        assert not tags & {"script", "img", "image", "foreignObject", "a"}, path.name


def test_the_policy_allows_nothing_but_the_one_style_and_the_one_script_by_hash(good_run):
    page = page_of(good_run)
    policy = next(attributes["content"] for tag, attributes in Elements(page).found if "http-equiv" in attributes)
    for kind in ("style", "script"):
        bodies = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode("utf-8")).digest()).decode("ascii")
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")


@pytest.mark.slow
def test_the_page_has_no_absolute_address_and_fetches_nothing(good_run, hostile_run):
    for folder in (good_run, hostile_run):
        page = page_of(folder)
        assert "http://" not in page
        assert "https://" not in page
        for tag, attributes in Elements(page).found:
            for name in ("src", "href", "action", "data", "poster", "srcset", "xlink:href"):
                target = attributes.get(name, "#")
                assert target.startswith("#") or (tag, target) == ("link", "data:,"), (tag, target)
            assert not any("url(" in (value or "") and "url(#" not in value for value in attributes.values())
        assert not re.search(r"url\((?!#)|@import|@font-face", page)


def test_every_reference_inside_the_page_leads_somewhere(good_run):
    page = page_of(good_run)
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', page)
    assert {name for pair in references for name in pair if name} <= set(identifiers)
    assert set(" ".join(re.findall(r'aria-labelledby="([^"]+)"', page)).split()) <= set(identifiers)


def test_charts_on_the_page_take_their_colours_from_the_theme(good_run):
    style = re.search(r"<style>(.*?)</style>", page_of(good_run), re.DOTALL)[1]
    classes = re.findall(r"^\.m\d+\{(.*)\}$", style, re.MULTILINE)
    assert len(classes) > 20
    assert not [declarations for declarations in classes if "#" in declarations.replace("url(#", "")]
    assert "stroke: var(--limit)" in style


def test_each_chart_has_a_question_and_an_answer_with_numbers_from_its_data(good_run):
    page = page_of(good_run)
    sections = re.findall(r'<section class="figure">\s*<h3>(.*?)</h3>\s*<p class="takeaway">(.*?)</p>', page)
    assert len(sections) == 8
    for question, takeaway in sections:
        assert question.endswith("?")
        assert re.search(r"\d", takeaway), question
    assert "asyncio-aiohttp fetched 8 prices in 50.0 ms, 18.0× as fast as sequential (95 % CI 17.3–18.7×)" in page
    assert "80 % of the physical limit. threads, the next, takes 40 % longer." in page
    assert re.search(r"The largest departure is [+−]2\.0 % \([a-z-]+, block [15]\)\.<", page)


def test_how_the_session_drifted_is_told_by_one_number_only(good_run):
    assert re.findall(r"all arms together moved by \S+ %", page_of(good_run)) == ["all arms together moved by +4.0 %"]


def test_no_line_breaks_between_a_number_and_its_unit(good_run):
    page = (good_run / "report.html").read_text(encoding="utf-8")
    assert "80\N{NO-BREAK SPACE}% of the physical limit" in page
    assert not re.search(r"[0-9] (?:%|ms|µs)(?!\w)", re.sub(r"<(svg|style|script).*?</\1>", "", page, flags=re.DOTALL))


@pytest.mark.slow
def test_a_command_is_copied_as_it_was_typed(tmp_path, runs):
    content = runs.run([runs.scenario(runs.four_arms())], command="python -m harness './x 8 s.py:<b>'")
    page = draw(runs.write(tmp_path / "run", content)).read_text(encoding="utf-8")
    assert '<code id="command">python -m harness &#39;./x 8 s.py:&lt;b&gt;&#39;</code>' in page


def test_the_table_of_numbers_can_be_sorted_by_buttons_and_scrolls_in_its_own_box(good_run):
    page = page_of(good_run)
    table = re.search(
        r'<div class="scroll"[^>]*tabindex="0">\s*<table class="sortable">(.*?)</table>', page, re.DOTALL
    )[1]
    headers = re.findall(r'<th scope="col"><button type="button">([^<]+)', table)
    assert headers[:4] == ["strategy", "rank", "time", "95 % CI of time"]
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", table):
        assert row.count("<td data-v=") == len(headers) - 1
    assert '<td data-v="2.0">2=</td>' in table


def test_the_page_tells_the_parts_in_numbers_what_was_watched_and_how_steady_each_arm_was(good_run):
    page = page_of(good_run)
    assert "The parts in numbers, of a warm batch and of the first one" in page
    assert (
        "<dt>stopwatch</dt><dd>The stopwatch itself costs 0.41 µs a batch, 0.00085 % of the shortest time.</dd>" in page
    )
    assert "<bdi>threads</bdi></th><td>1.1 %</td><td>2.0 %</td><td>0 of 15</td>" in page
    assert ">limited by</button>" in page


def test_the_script_writes_no_markup():
    from importlib.resources import files

    script = (files("harness.report") / "page.js").read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function|localStorage|fetch\(", script
    )


def test_prices_show_who_pays_what_and_why_it_is_no_trade(good_run):
    page = page_of(good_run)
    assert '<span>90885.64</span> <bdi class="who" title="kraken">kraken</bdi>' in page
    assert '>fees eat it</bdi> <bdi title="1.17 bps before fees">1.17 bps before fees</bdi>' in page
    assert "−98.83" in page
    assert "(bps, 100 of them are 1 %): coinbase 60, kraken 40." in page


def test_the_summary_has_the_verdict_and_a_row_for_every_arm(good_run):
    text = (good_run / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# fetchrace: VALID\n\nasyncio-aiohttp fetched 8 prices in 50 ms.\n")
    before, after = text.split("| what it costs |")
    table = [line for line in before.splitlines() if line.startswith("| ")]
    cost = [line for line in f"| what it costs |{after}".splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in cost[2:]] == [line.split(" | ")[0] for line in table[2:]]
    assert len({line.count("|") for line in cost}) == 1
    assert len({line.count("|") for line in table}) == 1
    assert [line.split(" | ")[0] for line in table] == [
        "| strategy", "| ---", "| asyncio-aiohttp", "| threads", "| trio-httpx", "| sequential",
    ]  # fmt: skip
    assert "| threads | 2= | 70.0 ms | 67.9–72.1 ms | 12.9× | 12.3–13.4× | 57 % |" in text


@pytest.mark.slow
def test_no_name_breaks_the_tables_of_the_summary_or_becomes_markup_there(hostile_run):
    text = (hostile_run / "summary.md").read_text(encoding="utf-8")
    outside_code = re.sub(r"(?<!\\)`[^`]*`", "", text)
    assert not re.search(r"(?<!\\)<", outside_code)
    out = [line for line in text.splitlines() if line.startswith(("| a \\|", "| out of"))]
    assert len(out) == 2
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in out] == [4, 4]
