import re

from tests.web.conftest import Browser

from boekbrug.web.home import BAR, bar_of

STATES = {"booked": 2, "open": 1, "problem": 2, "skipped": 1, "before-start": 1, "waiting": 0, "held": 0, "in-doubt": 0}


def text_of(page: str) -> str:
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", page))


def test_states_add_up_to_what_was_fetched(client: Browser) -> None:
    page = client.get("/").text
    shown = dict(re.findall(r'<li class="is-([\w-]+)[^>]*>\s*<span class="count">(\d+)</span>', page))
    assert {state: int(number) for state, number in shown.items()} == STATES
    assert "7 documenten opgehaald" in text_of(page)


def test_problems_have_their_cause_and_what_to_do(client: Browser) -> None:
    text = text_of(client.get("/").text)
    assert "Fout · 2 × P00003 P00004" in text
    assert "unheard-of" in text
    assert "Wat te doen" in text
    assert "torn.json" in text


def test_turnover_of_the_last_month_that_has_any_is_shown(client: Browser) -> None:
    text = text_of(client.get("/").text)
    assert "Geboekte omzet juli 2026 €\N{NO-BREAK SPACE}20,03 2 verkopen" in text
    assert "Geboekte omzet vandaag €\N{NO-BREAK SPACE}0,00 0 verkopen" in text


def test_last_and_next_run_are_shown(client: Browser) -> None:
    text = text_of(client.get("/").text)
    assert re.search(r"Laatste ronde (vandaag|gisteren)\s\d\d:\d\d", text)
    assert re.search(r"Volgende ronde (vandaag|morgen)\s\d\d:\d\d", text)


def test_page_speaks_the_reader_s_language(client: Browser) -> None:
    assert '<html lang="de">' in client.get("/", headers={"accept-language": "fr;q=0.9, de-AT;q=0.8, en;q=0.5"}).text
    english = client.get("/?lang=en", headers={"accept-language": "nl"}).text
    assert '<html lang="en">' in english
    assert "/find?lang=en&amp;q=P00003" in english
    assert '<html lang="nl">' in client.get("/?lang=xx", headers={"accept-language": "*"}).text


def test_pages_need_neither_scripts_nor_anything_from_elsewhere(client: Browser) -> None:
    for path in ("/", "/find?q=P00001"):
        page = client.get(path)
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert re.findall(r'(?:src|href)="(?!/)([^"#]+)"', page.text) == []
        assert "script-src" not in page.headers["content-security-policy"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
    for asset in set(re.findall(r'href="(/static/[^"]+)"', client.get("/").text)):
        assert client.get(asset).status_code == 200


def test_bar_is_full_and_shows_the_smallest_state() -> None:
    segments = bar_of({**dict.fromkeys(STATES, 0), "booked": 99_990, "problem": 1, "held": 9})
    assert [segment.state for segment in segments] == ["booked", "problem", "held"]
    assert sum(segment.width for segment in segments) == BAR
    assert min(segment.width for segment in segments) > 0
    assert [segment.start for segment in segments][1:] == [segments[0].width, segments[0].width + segments[1].width]


def test_bar_of_nothing_is_empty() -> None:
    assert bar_of(dict.fromkeys(STATES, 0)) == []
