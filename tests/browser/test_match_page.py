"""The page follows a match."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from matchcast.local.broker import Broker

from ..stream.dashboard.processes import Dashboard
from .conftest import NewMatch, OpenPage, StartDashboard, make_topic


def test_a_goal_reaches_the_page_and_everything_that_shows_it(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match("Arsenal", "Chelsea")
    match.reach(20)
    page = open_page(dashboard, match.page)
    expect(page.locator("#pill")).to_have_text(re.compile(r"Live · \d+ s ago"))
    expect(page.locator("#score")).to_have_text("0–0")
    expect(page.locator(".share.home b")).to_have_text(re.compile(r"^\d+\u202f%$"))
    before = page.locator(".share.home b").inner_text()

    match.score("Arsenal", "Bukayo Saka")

    expect(page.locator("#score")).to_have_text("1–0", timeout=3000)
    expect(page.locator(".timeline li").first).to_contain_text("Bukayo Saka")
    expect(page.locator(".markers button")).to_have_accessible_name(
        "21′ Goal, Bukayo Saka, Arsenal. Arsenal 1–0 Chelsea."
    )
    expect(page.locator("#announcer")).to_have_text("Goal, Bukayo Saka, Arsenal. Arsenal 1–0 Chelsea.")
    expect(page.locator(".share.home b")).not_to_have_text(before)
    expect(page.locator(".share.home .change")).to_have_text(re.compile(r"\+\d+ pts"))
    expect(page.locator("#shots .marks .goal")).to_have_count(1)
    expect(page.locator(".versus tr", has_text="Expected goals")).to_contain_text("0.30")
    expect(page.locator("#match-list [aria-current]")).to_contain_text("1")
    assert page.title().startswith("Arsenal 1–0 Chelsea")


def test_passes_and_shots_are_not_announced(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match()
    page = open_page(dashboard, match.page)
    expect(page.locator("#clock")).to_have_text("1′")
    match.play("Shot", seconds=60, team=match.home, shot={"outcome": {"name": "Saved"}, "statsbomb_xg": 0.1})
    match.play(
        "Substitution",
        match.home,
        player={"name": "Ødegaard"},
        substitution={"replacement": {"name": "Merino"}},
    )
    expect(page.locator(".timeline")).to_contain_text("Merino")
    expect(page.locator("#announcer")).to_be_empty()
    match.play(
        "Foul Committed",
        match.away,
        player={"name": "Caicedo"},
        foul_committed={"card": {"name": "Red Card"}},
    )
    expect(page.locator("#announcer")).to_have_text("Red card, Caicedo, Chelsea.")
    expect(page.locator("#away-reds")).to_have_text(re.compile("1 sent off"))


def test_names_with_markup_are_shown_as_the_text_they_are(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    evil = '<img src=x onerror="document.title=1">'
    match = new_match(f"{evil}United", "<b>City</b>", competition="<script>alert(1)</script>")
    match.reach(2)
    match.score(f"{evil}United", f"{evil}Scorer")
    match.play("Bad Behaviour", "<b>City</b>", player={"name": evil}, bad_behaviour={"card": {"name": evil}})
    page = open_page(dashboard, match.page)
    expect(page.locator("#score")).to_have_text("1–0")
    expect(page.locator("#home-name")).to_have_text(f"{evil}United")
    expect(page.locator(".timeline")).to_contain_text(f"{evil}Scorer")
    expect(page.locator("#recent")).to_contain_text(evil)
    page.get_by_role("button", name="Show as table").first.click()
    expect(page.locator(".as-table thead").first).to_contain_text("<b>City</b>")
    assert page.locator("main img, main b b, .sidebar nav img").count() == 0
    assert page.locator("img").count() == 1, "the page's own mark alone"


def test_the_page_says_how_to_start_matches_and_needs_no_reload_when_one_begins(
    kafka: Broker, start_dashboard: StartDashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    topic = make_topic(kafka)
    page = open_page(start_dashboard(kafka, events_topic=topic))
    expect(page.locator("#empty")).to_contain_text("matchcast produce")
    expect(page.locator("#pill")).to_have_text("Waiting for a match")
    match = new_match("Everton", "West Ham", topic=topic)
    match.reach(3)
    expect(page.locator("#home-name")).to_have_text("Everton")
    expect(page.locator("#empty")).to_be_hidden()


def test_without_the_model_the_score_goes_on_and_the_page_says_why_there_is_no_forecast(
    kafka: Broker, start_dashboard: StartDashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    topic = make_topic(kafka)
    match = new_match("Leeds", "Burnley", topic=topic)
    page = open_page(
        start_dashboard(kafka, events_topic=topic, api_url="http://127.0.0.1:9"),
        match.page,
    )
    expect(page.locator(".unavailable")).to_contain_text("Forecast unavailable")
    expect(page.locator(".unavailable p")).not_to_have_text("")
    match.score("Leeds", "Okafor", seconds=60)
    expect(page.locator("#score")).to_have_text("1–0")


def test_a_finished_match_is_certain_and_says_so(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match("Fulham", "Brentford")
    match.reach(40)
    match.score("Fulham", "Iwobi")
    page = open_page(dashboard, match.page)
    expect(page.locator(".share.home b")).not_to_have_text(re.compile("^100"))
    match.half_time()
    expect(page.locator(".timeline")).to_contain_text("Half-time")
    match.finish()
    expect(page.locator("#pill")).to_have_text("Finished")
    expect(page.locator("#clock")).to_have_text("Full time")
    expect(page.locator(".share.home b")).to_have_text("100\u202f%")
    expect(page.locator(".share.away b")).to_have_text("0\u202f%")


def test_choosing_a_match_keeps_it_in_the_address_and_for_the_next_visit(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    first, second = new_match("Spurs", "Wolves"), new_match("Villa", "Forest")
    page = open_page(dashboard, first.page)
    expect(page.locator("#home-name")).to_have_text("Spurs")
    with page.expect_response("**/api/select-match"):
        page.locator("#match-list a", has_text="Villa").click()
    expect(page.locator("#home-name")).to_have_text("Villa")
    assert page.url.endswith(second.page)
    page.goto(dashboard.url)
    expect(page.locator("#home-name")).to_have_text("Villa")
    page.goto(f"{dashboard.url}{first.page}")
    expect(page.locator("#home-name")).to_have_text("Spurs")


def test_the_shot_map_shows_the_team_and_half_that_are_asked_for(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match("Porto", "Benfica")
    saved = {"outcome": {"name": "Saved"}, "statsbomb_xg": 0.1}
    match.play("Shot", "Porto", location=[105, 40], shot=saved)
    match.play("Shot", "Benfica", location=[108, 44], shot=saved)
    match.half_time()
    match.play("Shot", "Benfica", location=[100, 30], shot=saved)
    page = open_page(dashboard, match.page)
    marks = page.locator("#shots .marks > *")
    expect(marks).to_have_count(3)
    page.get_by_label("Benfica", exact=True).check()
    expect(marks).to_have_count(2)
    page.get_by_label("2nd half").check()
    expect(marks).to_have_count(1)
    expect(page.locator("#shots .sentence")).to_contain_text("Benfica 1 shot, 0 goals")
