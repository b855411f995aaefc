"""The live page for everybody: in dark and light, on a phone, by keyboard, read aloud (``tox -e e2e``)."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(live, visit, scheme):
    seen = visit(color_scheme=scheme)
    page = seen.open(live)
    seen.moves()
    assert seen.objections() == []
    page.set_viewport_size(PHONE)
    assert seen.objections() == []


def test_a_page_that_is_stale_read_only_or_lost_is_objected_to_by_nobody(start, moving, visit):
    live = start(*moving, "--faults", "kraken:stall-before")
    seen = visit()
    seen.expected = ("ERR_",)
    seen.page.goto(live.address)
    seen.until_live()
    seen.all_are("kraken", "failed")
    assert seen.objections() == []
    live.end()
    seen.wait("() => document.body.dataset.link === 'lost'")
    assert seen.objections() == []


def test_on_a_phone_the_page_is_as_wide_as_the_screen(live, visit):
    seen = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    seen.open(live)
    assert len(seen.bids()) >= 6
    assert seen.width() <= 390


def test_the_keyboard_reaches_every_control_in_order_and_shows_where_it_is(live, visit):
    seen = visit()
    page = seen.open(live)
    expected = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
            .filter((each) => !each.matches(':disabled') && each.checkVisibility({visibilityProperty: true}))
            .map((each, at) => each.dataset.number = at)"""
    )
    reached = []
    for _ in expected:
        page.keyboard.press("Tab")
        at, outline, what = page.evaluate(
            """() => {
                const one = document.activeElement;
                const {outlineStyle, outlineWidth} = getComputedStyle(one);
                const outline = outlineStyle === 'none' ? 0 : parseFloat(outlineWidth);
                return [Number(one.dataset.number), outline, one.outerHTML.slice(0, 200)];
            }"""
        )
        reached.append(at)
        assert outline >= 1, what
    assert reached == list(range(len(expected)))
    page.focus("#refresh")
    page.keyboard.press("Enter")
    seen.shows("answer", "asked all exchanges")
