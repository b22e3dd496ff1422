"""The model API's own page: an example is sent from it and its answer shown, asking no other site."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from ..stream.dashboard.processes import Api


def test_an_example_is_sent_from_the_page_and_its_answer_shown(browser: Browser, api: Api) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    asked: list[str | None] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).hostname))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{api.url}/docs")
    form = page.locator("form[data-path='/predict']")
    form.get_by_label("Example").select_option("What moved it: a goal and a red card")
    form.get_by_role("button", name="Send").click()
    expect(form.locator("output")).to_contain_text("200 OK")
    expect(form.locator("output pre")).to_contain_text("red_card")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert set(asked) == {urlsplit(api.url).hostname}
    assert complaints == []
    page.close()
