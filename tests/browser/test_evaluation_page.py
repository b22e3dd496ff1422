"""How good the model is, for whoever asks: the page of its evaluation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from matchcast.local.broker import Broker

from ..stream.dashboard.processes import Api, Dashboard
from .conftest import NewMatch, OpenPage, StartDashboard, make_topic


def version_of(api: Api) -> str:
    return str(api.get("/model").json()["version"])


def test_the_match_page_and_the_status_page_lead_to_it(
    dashboard: Dashboard, api: Api, new_match: NewMatch, open_page: OpenPage
) -> None:
    page = open_page(dashboard, new_match().page)
    page.get_by_role("link", name="How good it is").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How good the model is")
    expect(page.locator("main")).to_contain_text(version_of(api))
    page.get_by_role("link", name="Status").click()
    page.locator("#part-model").get_by_role("link", name="Model").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How good the model is")


def test_the_status_page_and_the_match_page_tell_the_log_loss_that_it_tells_of_the_same_matches(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    page = open_page(dashboard, "/evaluation")
    told = []
    for section in page.locator("section", has=page.get_by_role("table")).all():
        title = section.get_by_role("heading", level=2).inner_text()
        matches = re.match(r"([\d,]+) matches from", section.locator("p").first.inner_text())
        ours = section.locator("tr", has_text="this model").locator("td").first.inner_text()
        assert matches is not None
        told.append(f"{ours} on {title[:1].lower()}{title[1:]} ({matches[1]})")
    assert len(told) == 2
    first, second = told
    page.goto(f"{dashboard.url}/status")
    expect(page.locator("#part-model .number")).to_have_text(
        f"{first.replace(' on ', 'log loss on ', 1)}; {second}"
    )
    page.goto(f"{dashboard.url}{new_match().page}")
    expect(page.locator("#model")).to_contain_text(f"held-out log loss {first}, {second}")


def test_each_plot_has_a_name_and_opens_its_numbers_by_keyboard(
    dashboard: Dashboard, api: Api, open_page: OpenPage
) -> None:
    page = open_page(dashboard, "/evaluation")
    metrics = api.get("/model").json()["card"]["metrics"]
    expect(page.get_by_role("img", name="calibration")).to_have_count(2 * len(metrics))
    figure = page.locator("figure", has_text="Log loss by minute of the match").first
    table = figure.locator("table")
    expect(table).to_be_hidden()
    figure.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    first = next(iter(metrics.values()))["bands"]["0-14"]["log_loss"]
    expect(table.locator("tbody tr").first).to_have_text(f"0-14{first:.4f}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_words_stand_out_in_the_light_and_in_the_dark(
    dashboard: Dashboard, open_page: OpenPage, scheme: str
) -> None:
    page = open_page(dashboard, "/evaluation", color_scheme=scheme)
    for what, least in (("polyline.model", 3), ("polyline.other", 3), ("svg text", 4.5), ("figcaption", 4.5)):
        colour = "stroke" if "polyline" in what else "fill" if "text" in what else "color"
        assert contrast(page, what, colour) >= least, what


def contrast(page: Page, selector: str, property_name: str) -> float:
    """Return the contrast of a colour against the section behind it, as WCAG defines it."""
    return float(
        page.evaluate(
            """([selector, name]) => {
                const context = document.createElement("canvas").getContext("2d");
                const light = (colour) => {
                    context.fillStyle = colour;
                    context.fillRect(0, 0, 1, 1);
                    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((part) => {
                        const share = part / 255;
                        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                    });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const node = document.querySelector(selector);
                const fore = light(getComputedStyle(node)[name]);
                const back = light(getComputedStyle(node.closest("section")).backgroundColor);
                return (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
            }""",
            [selector, property_name],
        )
    )


def test_printed_it_shows_the_numbers_without_being_asked(dashboard: Dashboard, open_page: OpenPage) -> None:
    page = open_page(dashboard, "/evaluation")
    page.emulate_media(media="print")
    for table in page.locator("figure table").all():
        expect(table).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()


def test_a_model_api_that_went_away_leaves_the_last_model_on_the_page_and_says_so(
    kafka: Broker,
    start_dashboard: StartDashboard,
    open_page: OpenPage,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Api(tmp_path_factory.mktemp("leaving")) as api:
        api.wait_until_ready()
        dashboard = start_dashboard(kafka, events_topic=make_topic(kafka), api_url=api.url)
        page = open_page(dashboard, "/evaluation")
        version = version_of(api)
        expect(page.locator("main")).to_contain_text(version)
    page.goto(f"{dashboard.url}/status")
    expect(page.locator("#part-model .word")).to_have_text("Unknown")
    page.goto(f"{dashboard.url}/evaluation")
    expect(page.locator("main")).to_contain_text("Shown is the model that was in service last.")
    expect(page.locator("main")).to_contain_text(version)
