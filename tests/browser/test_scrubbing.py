"""Going back through a match, by keyboard, mouse and finger."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from ..stream.dashboard.processes import Dashboard
from .conftest import NewMatch, OpenPage
from .playing import Match


@pytest.fixture
def match(new_match: NewMatch) -> Match:
    """A match at 2–1 in minute 36."""
    match = new_match("Roma", "Lazio")
    match.reach(10)
    match.score("Roma", "Dybala")
    match.reach(20)
    match.score("Lazio", "Zaccagni")
    match.reach(30)
    match.score("Roma", "Pellegrini")
    match.reach(35)
    return match


def open_charts(dashboard: Dashboard, open_page: OpenPage, match: Match, **context: object) -> Page:
    page = open_page(dashboard, match.page, **context)
    expect(page.locator(".markers button")).to_have_count(3)
    expect(page.locator(".plot canvas")).to_have_count(3)
    return page


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Moment of the match")


def test_arrows_go_by_minutes_g_by_goals_and_home_and_end_to_the_ends(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_charts(dashboard, open_page, match)
    clock, score, event = (page.locator(f".readout .at{part}") for part in ("", "-score", "-event"))
    slider(page).focus()

    page.keyboard.press("ArrowLeft")
    expect(clock).to_have_text("35:00")
    page.keyboard.press("ArrowLeft")
    expect(clock).to_have_text("34:00")
    page.keyboard.press("ArrowRight")
    expect(clock).to_have_text("35:00")

    page.keyboard.press("Shift+G")
    expect(score).to_have_text("2–1")
    expect(event).to_contain_text("Pellegrini")
    page.keyboard.press("Shift+G")
    expect(score).to_have_text("1–1")
    expect(event).to_contain_text("Zaccagni")
    page.keyboard.press("g")
    expect(event).to_contain_text("Pellegrini")

    page.keyboard.press("Home")
    expect(clock).to_have_text("0:00")
    expect(score).to_have_text("0–0")
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile(r"^0:00, Roma 0–0 Lazio; Roma \d+"))
    page.keyboard.press("g")
    expect(event).to_contain_text("Dybala")

    page.keyboard.press("End")
    expect(clock).to_have_text("36′")
    expect(page.locator(".crosshair").first).to_be_hidden()


def test_a_held_moment_stays_while_the_match_goes_on_until_back_to_live(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_charts(dashboard, open_page, match)
    page.locator(".markers button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".readout .at-score")).to_have_text("1–0")
    expect(page.locator(".crosshair:visible")).to_have_count(3)
    match.score("Lazio", "Pedro")
    expect(page.locator("#score")).to_have_text("2–2")
    expect(page.locator(".readout .at-score")).to_have_text("1–0")
    page.get_by_role("button", name="Back to live").click()
    expect(page.locator(".readout .at-score")).to_have_text("2–2")
    expect(page.locator(".crosshair:visible")).to_have_count(0)


def test_a_mouse_shows_the_moment_under_it_and_leaves_nothing_behind(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_charts(dashboard, open_page, match)
    plot = page.locator(".touch").nth(1)
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 40)
    expect(page.locator(".readout .at-score")).to_have_text("0–0")
    expect(page.locator(".crosshair:visible")).to_have_count(3)
    page.mouse.move(0, 0)
    expect(page.locator(".readout .at-score")).to_have_text("2–1")


def test_a_finger_drags_the_moment(dashboard: Dashboard, open_page: OpenPage, match: Match) -> None:
    page = open_charts(
        dashboard, open_page, match, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    plot = page.locator(".touch").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    left, top = box["x"], box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": left + 60, "y": top}]),
        ("touchMove", [{"x": left + 30, "y": top}]),
        ("touchMove", [{"x": left + 1, "y": top}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(page.locator(".readout .at-score")).to_have_text("0–0")
    expect(page.get_by_role("button", name="Back to live")).to_be_visible()


def test_each_chart_says_in_words_and_in_a_table_what_it_shows(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_charts(dashboard, open_page, match)
    for title in ("Win probability", "Expected goals", "Momentum", "Shot map"):
        expect(page.get_by_role("img", name=re.compile(f"^{title}. .*Roma"))).to_be_visible()
    table = page.get_by_role("region", name="Win probability, as a table")
    expect(table).to_be_hidden()
    page.get_by_role("button", name="Show as table").first.click()
    expect(table.get_by_role("row", name=re.compile(r"^11′ .* goal$"))).to_be_visible()
