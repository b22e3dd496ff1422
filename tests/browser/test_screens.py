"""Small screens, the dark, reduced motion: the page fits whoever looks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ..stream.dashboard.processes import Dashboard
from .conftest import NewMatch, OpenPage
from .playing import Match

SMALLEST = {"width": 320, "height": 640}


@pytest.fixture
def match(new_match: NewMatch) -> Match:
    """A match whose teams have long names, with something of everything in it."""
    match = new_match(
        "Borussia Mönchengladbach", "Wolverhampton Wanderers", competition="A rather long competition"
    )
    match.reach(12)
    match.score("Borussia Mönchengladbach", "Pierre-Emile Kordt Højbjerg")
    match.play(
        "Foul Committed",
        match.away,
        player={"name": "Rayan Aït-Nouri"},
        foul_committed={"card": {"name": "Red Card"}},
    )
    match.half_time()
    return match


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_at_320_pixels_nothing_has_to_be_scrolled_sideways(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_page(dashboard, match.page, viewport=SMALLEST, has_touch=True, is_mobile=True)
    expect(page.locator(".timeline")).to_contain_text("Højbjerg")
    expect(page.locator(".plot canvas")).to_have_count(3)
    assert width_of(page) == 320
    for table in page.locator(".toggle").all():
        table.click()
    assert width_of(page) == 320
    page.get_by_role("button", name="Menu: matches and system").click()
    expect(page.locator("#match-list [aria-current]")).to_be_visible()
    assert width_of(page) == 320
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).not_to_be_visible()


@pytest.mark.parametrize("path", ["/status", "/login", "/evaluation"])
def test_the_other_pages_fit_320_pixels_too(dashboard: Dashboard, open_page: OpenPage, path: str) -> None:
    page = open_page(dashboard, path, viewport=SMALLEST)
    expect(page.locator("h1")).not_to_have_text("Asking…")
    assert width_of(page) == 320


def test_what_is_pressed_is_large_enough_for_a_finger(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_page(dashboard, match.page, viewport={"width": 390, "height": 780})
    expect(page.locator(".plot canvas")).to_have_count(3)
    page.get_by_role("button", name="Menu: matches and system").click()
    small = page.evaluate(
        """() => [...document.querySelectorAll(".button, .matches a, .segments span, select, input[type=text]")]
            .filter((node) => node.checkVisibility())
            .map((node) => ({ text: node.textContent.trim(), box: node.getBoundingClientRect() }))
            .filter(({ box }) => box.height < 44 || box.width < 44).map(({ text }) => text)"""
    )
    assert small == []


def test_the_page_is_dark_where_the_system_is(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_page(dashboard, match.page, color_scheme="dark")
    expect(page.locator(".outlook")).to_have_css("background-color", "rgb(17, 22, 28)")
    expect(page.locator(".bar .home")).to_have_css("background-color", "rgb(90, 169, 230)")
    expect(page.locator(".bar .away")).to_have_css("background-color", "rgb(245, 163, 92)")


def test_a_chosen_scheme_holds_against_the_system_from_the_first_paint_on(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_page(dashboard, match.page, color_scheme="dark")
    page.get_by_label("Colours").select_option("light")
    expect(page.locator(".outlook")).to_have_css("background-color", "rgb(255, 255, 255)")
    page.route("**/*.js", lambda route: route.abort())
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    expect(page.locator("body")).to_have_css("background-color", "rgb(243, 245, 247)")


def test_nothing_moves_for_who_wants_no_motion(
    dashboard: Dashboard, open_page: OpenPage, match: Match
) -> None:
    page = open_page(dashboard, match.page, reduced_motion="reduce")
    expect(page.locator("#pill")).to_contain_text("Live")
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0
