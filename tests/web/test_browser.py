"""The tasks of a shop owner in a real Chromium: on a desk and on a phone, with scripts and without.

Every page that is passed is kept as a picture below `tests/out/pages` and, with scripts, judged by axe.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office import Office, order
from tests.web.people import PASSWORD, add_user, served

from boekbrug.acts import login, users
from boekbrug.acts.desk import Desk
from boekbrug.runtime.settings import load
from boekbrug.sync.house import House

# the default of everything else in Playwright
expect.set_options(timeout=30_000)
PICTURES = Path(__file__).parents[1] / "out" / "pages"
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
# with scripts or without is the same page; each size is tried both ways where there is time
WAYS = [
    pytest.param(
        (size, scripts), marks=() if quick else pytest.mark.prove, id=f"{size}-{'scripts' if scripts else 'plain'}"
    )
    for size, scripts, quick in (
        ("phone", True, True),
        ("desk", False, False),
        ("desk", True, False),
        ("phone", False, False),
    )
]
OWNER, KEEPER = "eva@koffiebrug.example", "beheer@koffiebrug.example"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
BASE = "/licences/webshop"
SERIOUS = {"serious", "critical"}
EVERY = (
    "", "/problems", "/booked", "/open", "/open?state=skipped", "/approvals", "/terms", "/lists",
    "/lists?name=gaps", "/rules", "/rules/edit", "/undo",
)  # fmt: skip
BESIDE = (
    "/", "/clients", "/account", "/find?q=P0000", "/nowhere", "/office", "/office/problems", "/office/licences",
    "/office/audit", "/office/mail", "/office/cases", "/office/connections", "/office/connections/shop",
    "/office/new-connection?plugin=files&role=source", "/office/new-connection?plugin=exactonline&role=target",
    "/office/users",
)  # fmt: skip

SAMPLE = ("/problems", "/lists", "/rules/edit")
"""The pages of a licence with the widest tables and forms; all of them are looked at by `make prove`."""


class Shop(NamedTuple):
    """A shop with sales of every kind, served."""

    office: Office
    house: House
    address: str


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    office = Office(tmp_path_factory.mktemp("browser") / "office")
    office.furnish(automatic=True)
    lines = [order(n) for n in range(1, 12)]
    # one to mend for each way of each task
    lines += [order(n, payment_method="unheard-of") for n in range(20, 40)]
    lines += [order(40, status="new"), order(41, status="cancelled")]
    office.put("orders.jsonl", lines)
    office.run("sync", "webshop", exits=1)
    house = House(load(office.config, {}))
    add_user(house, OWNER, "owner", "webshop")
    add_user(house, KEEPER, "operator")
    with served(house) as address:
        yield Shop(office, house, address)
    house.close()


@pytest.fixture(scope="module")
def chromium(tool: Callable[[str], Path]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=list(FLAGS))
        yield browser
        browser.close()


class Visitor:
    """Somebody at a browser: goes through pages, keeps pictures of them, and has them judged."""

    def __init__(self, page: Page, shop: Shop, name: str, *, scripts: bool) -> None:
        self.page, self._shop, self._name, self._scripts = page, shop, name, scripts

    def open(self, path: str) -> None:
        """Open a page of ours."""
        self.page.goto(self._shop.address + path)

    def log_in(self, email: str = OWNER) -> None:
        """Come in by a session of its own, as after the login page, and go home."""
        link = users.link(Desk(self._shop.house, "test"), email).rpartition("/")[2]
        token = login.with_link(self._shop.house, link, "", "127.0.0.1")
        self.page.context.add_cookies([{"name": "boekbrug", "value": token, "url": self._shop.address}])
        self.open("/")

    def keep(self, what: str) -> None:
        """Take a picture, and judge the page where scripts run: nothing serious, nothing wider than the screen."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{self._name}-{what}.png", full_page=True)
        if self._scripts:
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert self.page.evaluate(wide) <= 0, f"{what} has to be scrolled sideways"
            found = [one for one in Axe().run(self.page).response["violations"] if one["impact"] in SERIOUS]
            assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, bool]:
    found: tuple[str, bool] = request.param
    return found


@pytest.fixture
def visitor(shop: Shop, chromium: Browser, way: tuple[str, bool]) -> Iterator[Visitor]:
    size, scripts = way
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="nl-NL", timezone_id="UTC"
    )
    name = f"{size}{'' if scripts else '-plain'}"
    yield Visitor(context.new_page(), shop, name, scripts=scripts)
    context.close()


def stuck(visitor: Visitor) -> str:
    """Return the number of a sale that is stuck."""
    visitor.open(f"{BASE}/problems")
    return visitor.page.locator("article h2").first.inner_text()


def test_link_is_used_once_and_leads_home(shop: Shop, visitor: Visitor) -> None:
    link = users.link(Desk(shop.house, "test"), OWNER)
    visitor.open(link)
    visitor.keep("link")
    visitor.page.get_by_role("button", name="Naar mijn dashboard").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    visitor.open(link)
    expect(visitor.page.get_by_role("heading", name="Deze link werkt niet meer")).to_be_visible()
    visitor.keep("link-used")


def test_login_page_lets_in(visitor: Visitor) -> None:
    visitor.open(f"{BASE}/open")
    visitor.page.get_by_label("E-mailadres").fill(OWNER)
    visitor.page.get_by_label("Wachtwoord").fill(PASSWORD)
    visitor.page.get_by_role("button").last.click()
    expect(visitor.page).to_have_url(re.compile(r"/open$"))


def test_home_says_at_once_what_needs_attention(visitor: Visitor) -> None:
    visitor.log_in()
    expect(visitor.page).to_have_url(re.compile(rf"{BASE}$"))
    visitor.keep("home")
    visitor.page.get_by_role("link", name=re.compile("zitten? vast")).click()
    expect(visitor.page).to_have_url(re.compile(r"/problems$"))


def test_which_sale_was_booked_when_is_found(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.page.get_by_role("link", name="Rapportage").click()
    expect(visitor.page.get_by_role("heading", name="Rapportage")).to_be_visible()
    visitor.page.locator("details.row").first.locator("summary").click()
    expect(visitor.page.get_by_text(re.compile(r"P000\d\d-\w{4}-1")).first).to_be_visible()
    visitor.keep("booked")
    with visitor.page.expect_download() as csv:
        visitor.page.get_by_role("link", name="CSV").click()
    assert "booked" in csv.value.suggested_filename


def test_stuck_sale_says_what_to_do_and_is_offered_again(visitor: Visitor) -> None:
    visitor.log_in()
    number = stuck(visitor)
    sale = visitor.page.locator("article", has_text=number)
    expect(sale.get_by_text("Wat te doen")).to_be_visible()
    visitor.keep("problems")
    sale.get_by_role("button", name="Verwerk").click()
    expect(visitor.page.get_by_role("status")).to_contain_text("1 opnieuw aangeboden")
    visitor.keep("retried")


def test_several_are_offered_again_at_once(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.open(f"{BASE}/problems")
    boxes = visitor.page.get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    visitor.page.get_by_role("button", name="Verwerk selectie").click()
    expect(visitor.page.get_by_role("status")).to_contain_text("2 opnieuw aangeboden")


def test_problem_is_reported_and_sale_set_aside_with_a_reason(visitor: Visitor) -> None:
    visitor.log_in()
    number = stuck(visitor)
    visitor.page.get_by_role("link", name=number).click()
    visitor.page.get_by_text("Meld probleem").first.click()
    visitor.page.get_by_role("textbox", name=re.compile("mis|verwacht")).fill("Ik kom er niet uit.")
    visitor.keep("report")
    visitor.page.get_by_role("button", name="Meld probleem").click()
    expect(visitor.page.get_by_role("status")).to_contain_text("vastgelegd")
    expect(visitor.page.get_by_text("Ik kom er niet uit.")).to_be_visible()
    visitor.page.get_by_text("Niet boeken").first.click()
    visitor.page.get_by_label("Toelichting").fill("Staat al in het kasboek.")
    visitor.page.get_by_role("button", name="Niet boeken").click()
    expect(visitor.page.get_by_text("Met de hand geboekt").first).to_be_visible()
    visitor.keep("set-aside")


def test_open_says_which_status_the_shop_gives(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.page.get_by_role("link", name="Open", exact=True).first.click()
    expect(visitor.page.get_by_text("P00040")).to_be_visible()
    expect(visitor.page.get_by_text("‘new’")).to_be_visible()
    visitor.keep("open")


@pytest.mark.parametrize(
    ("text", "number", "state"),
    [("P00001", "P00001", "Geboekt"), ("10,02", "P00002", "Geboekt"), ("k40@example.org", "P00040", "Open")],
)
def test_sale_is_found_by_number_amount_or_address(visitor: Visitor, text: str, number: str, state: str) -> None:
    visitor.log_in()
    visitor.page.get_by_role("searchbox").fill(text)
    visitor.page.get_by_role("searchbox").press("Enter")
    found = visitor.page.locator("article", has_text=number).first
    expect(found.get_by_text(state, exact=True).first).to_be_visible()
    visitor.keep(f"find-{state}")


def test_what_is_not_there_is_answered_too(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.open("/find?q=P99999")
    expect(visitor.page.get_by_role("heading", name=re.compile("Niets gevonden"))).to_be_visible()
    visitor.keep("find-nothing")


def test_pages_can_be_looked_at_on_a_phone(shop: Shop, chromium: Browser) -> None:
    look_at(shop, chromium, "phone", (*(BASE + page for page in SAMPLE), "/office/connections/shop"))


@pytest.mark.prove
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_every_page_can_be_looked_at(shop: Shop, chromium: Browser, size: str) -> None:
    look_at(shop, chromium, size, (*(BASE + page for page in EVERY), *BESIDE))


def look_at(shop: Shop, chromium: Browser, size: str, paths: Sequence[str]) -> None:
    width, height = SIZES[size]
    for dark, language in ((False, "nl"), (True, "de")):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale=language
        )
        visitor = Visitor(context.new_page(), shop, f"{size}-{'dark' if dark else 'light'}", scripts=True)
        visitor.open("/login")
        visitor.keep("login")
        if language == "nl":
            visitor.log_in(KEEPER)
            for path in paths:
                visitor.open(path)
                for tab in visitor.page.locator(".tabs a").all():
                    expect(tab).to_be_in_viewport(ratio=1)
                visitor.keep(re.sub(r"\W+", "-", f"every{path}"))
        context.close()


def test_every_page_can_be_printed(shop: Shop, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 794, "height": 1123}, locale="nl-NL")
    visitor = Visitor(context.new_page(), shop, "print", scripts=True)
    visitor.log_in()
    visitor.page.emulate_media(media="print")
    for page in ("", "/booked", "/lists", "/problems"):
        visitor.open(BASE + page)
        for hidden in ("nav.tabs", ".languages", ".bulk", ".search"):
            for one in visitor.page.locator(hidden).all():
                assert not one.is_visible()
        visitor.keep(f"page{page.replace('/', '-')}")
    context.close()


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/problems",
        *(
            pytest.param(path, marks=pytest.mark.prove)
            for path in (BASE, f"{BASE}/booked", f"{BASE}/rules", "/account")
        ),
    ],
)
def test_everything_is_reached_with_the_keyboard(shop: Shop, chromium: Browser, path: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="nl-NL")
    visitor = Visitor(context.new_page(), shop, "keys", scripts=True)
    visitor.log_in()
    visitor.open(path)
    wanted = visitor.page.evaluate(REACHABLE)
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    reached = {visitor.page.evaluate(FOCUSED)}
    for _ in range(wanted * 2):
        visitor.page.keyboard.press("Tab")
        reached.add(visitor.page.evaluate(FOCUSED))
    assert len(reached - {-1}) == wanted
    context.close()


REACHABLE = """() => {
  window.all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter(one => one.checkVisibility() && !(one.type == 'radio' && !one.checked));
  return window.all.length;
}"""  # noqa: E501
FOCUSED = "() => window.all.indexOf(document.activeElement)"


def test_pictures_of_ci_are_kept_where_git_does_not_look() -> None:
    ignored = Path(__file__).parents[2] / ".gitignore"
    assert f"/{os.path.relpath(PICTURES.parent, ignored.parent)}/" in ignored.read_text().split()
