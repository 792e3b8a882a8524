"""The console in a real browser against a real daemon: an operator's shift by keyboard.

    tests/browser/console [--shots DIR] [--from-disk]

`--shots` keeps pictures of every page, light and dark, wide and narrow. `--from-disk` takes the console's files from the source
tree instead of the binary, so that work on them needs no build.
"""

import argparse
import pathlib
import re
import sys
import time

from playwright.sync_api import expect, sync_playwright

from shop import Shop, log_of, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "src/admin/console"
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
XSS = '[KB] 입금 90,000원 <img src=x onerror="window.pwned=1"><script>window.pwned=1</script> http://evil.example/x'
BIDI = "[KB]입금 \u202e000,09\u202c원 홍\u200b길동"
PICTURES = [("light", 1280, 800), ("dark", 1280, 800), ("light", 390, 844), ("dark", 390, 844)]


class Operator:
    """Somebody in front of a browser of their own."""

    def __init__(self, browser, shop, args, scheme="light", width=1280, height=800, locale="en-GB"):
        self.shop, self.complaints = shop, []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale, timezone_id="Asia/Seoul")
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", self.hears)
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        if args.from_disk:
            self.page.route(re.compile(r"^https?://[^/]+/(console/.*)?$"), from_disk)

    def hears(self, message):
        # Chromium itself says of each answer 401 that it is one: before the login that is the right answer.
        if message.type in ("error", "warning") and "401" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def logs_in(self, path=""):
        self.page.goto(f"{self.shop.url}/{path}")
        self.page.fill("#user", "admin")
        self.page.fill("#password", self.shop.password())
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".verdict")).to_be_visible()

    def presses(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def goes(self, path):
        self.page.goto(f"{self.shop.url}/#/{path}")

    def chosen(self):
        return int(self.page.locator('.row[aria-selected="true"]').get_attribute("data-id"))

    def moves_to(self, number):
        """By keyboard alone."""
        self.presses("k", "k", "k", "k", "k", "k", "k", "k")
        for _ in range(20):
            if self.chosen() == number:
                expect(self.page.locator(".pane .sms-head .id")).to_have_text(f"#{number}")
                return
            self.presses("j")
        raise AssertionError(f"#{number} is not in the queue")

    def decides(self, key, note=None):
        """A key, its dialog, and Enter."""
        self.presses(key)
        dialog = self.page.locator("dialog[open]")
        expect(dialog).to_be_visible()
        if note:
            self.page.keyboard.type(note)
        self.presses("Enter")
        expect(dialog).to_have_count(0)

    def saw_no_trouble(self):
        assert not self.complaints, self.complaints
        assert self.page.evaluate("window.pwned") is None, "a text was run"


def from_disk(route):
    path = re.sub(r"^https?://[^/]+/", "", route.request.url)
    file = FILES / (path.split("/", 2)[2] if path else "index.html")
    live = route.fetch() if not path else None
    headers = {"content-type": f"{KINDS[file.suffix]}; charset=utf-8"}
    if live:
        headers["content-security-policy"] = live.headers["content-security-policy"]
    route.fulfill(status=200, headers=headers, body=file.read_text())


def step(words):
    print(f"{time.monotonic() - STARTED:6.1f} s  {words}", flush=True)


STARTED = time.monotonic()


def shift(browser, shop, args):
    """A shift: look, clear the queue by keyboard, be overtaken, approve, and tell the auditor why."""
    operator = Operator(browser, shop, args)
    page = operator.page
    operator.logs_in()
    cookies = {cookie["name"]: cookie for cookie in operator.context.cookies()}
    assert cookies["recon_admin"]["httpOnly"] and cookies["recon_admin"]["sameSite"] == "Strict", cookies
    assert "recon_admin" not in page.evaluate("document.cookie")
    kept = page.evaluate("JSON.stringify([Object.values(localStorage), Object.values(sessionStorage)])")
    assert cookies["recon_admin"]["value"] not in kept
    expect(page.locator(".verdict.ok")).to_have_text(re.compile("All is well"))
    step("logged in, and all is well in one look")

    shop.order("R-1", 50_000, "홍길동")
    for order in ("R-3", "R-4"):
        shop.order(order, 20_000, "이영희", f"u-{order}")
    shop.order("R-2", 30_000, "김철수", "u2")
    matched = shop.deposit(50_000, "홍길동")
    ambiguous = shop.deposit(20_000, "이영희")
    broken = shop.deposit(30_000, "김철수", missing=15_000)
    xss, bidi = shop.text(XSS), shop.text(BIDI)
    expect(page.locator(f"#sms-{broken}")).to_be_visible(timeout=5_000)
    expect(page.locator(f"#sms-{bidi}")).to_be_visible(timeout=5_000)
    step("what came was pushed to the page")

    page.locator(".rows").focus()
    operator.moves_to(bidi)
    expect(page.locator(".pane .sms-text .unseen")).to_have_text(["[RLO]", "[PDF]", "[ZWSP]"])
    operator.decides("x", "hidden characters")
    wait_for("the rejection", lambda: shop.sms(bidi)["review"] == "rejected")
    expect(page.locator(f"#sms-{bidi}")).to_have_count(0)
    step("a text with hidden characters shows them, and is rejected by keyboard")

    operator.moves_to(broken)
    expect(page.locator(".pane .warning").filter(has_text="15,000 KRW")).to_be_visible()
    operator.decides("c", "seen on the statement")
    wait_for("the break to be taken", lambda: shop.sms(broken)["state"] == "matched")
    step("a break of the balance chain shows its size, and is confirmed")

    operator.moves_to(ambiguous)
    expect(page.locator(".candidate")).to_have_count(2)
    operator.presses("1")
    expect(page.locator("dialog[open]")).to_contain_text(re.compile("R-[34]"))
    # Somebody else is faster: nothing is overwritten.
    other = shop.sms(ambiguous)
    shop.recon("POST", f"/sms/{ambiguous}/check", {"decision": "reject", "note": "faster", "version": other["version"]})
    operator.presses("Enter")
    expect(page.locator(".conflict")).to_contain_text("Nothing was written")
    expect(page.locator(".conflict")).to_contain_text("faster")
    assert shop.sms(ambiguous)["review"] == "rejected" and shop.sms(ambiguous)["check"]["note"] == "faster"
    step("who was overtaken is told so, sees the state of now, and overwrites nothing")

    operator.goes(f"queue/sms/{xss}")
    expect(page.locator(".pane .sms-text")).to_contain_text('<img src=x onerror="window.pwned=1">')
    assert page.locator(".pane img, .pane script, .pane .sms-text a").count() == 0
    operator.saw_no_trouble()
    step("markup in a text is text")

    approves(operator, matched, args)
    tells_the_story(operator, matched)
    template(operator)
    operator.presses("Escape")
    page.locator("footer button").filter(has_text="Log out").click()
    expect(page.locator("#user")).to_be_visible()
    assert not any(cookie["name"] == "recon_admin" for cookie in operator.context.cookies())
    operator.saw_no_trouble()
    step("logged out, and the cookie is gone")
    operator.context.close()
    return matched


def approves(operator, matched, args):
    page, shop = operator.page, operator.shop
    operator.goes(f"queue/sms/{matched}")
    expect(page.locator(".pane .sms-head .id")).to_have_text(f"#{matched}")
    operator.presses("a")
    dialog = page.locator("dialog[open]")
    for words in ("An SMS is a claim, not proof of money", "50,000 KRW", "홍길동", "R-1", f"#{matched}"):
        expect(dialog).to_contain_text(words)
    if args.shots:
        page.screenshot(path=pathlib.Path(args.shots) / "approve.png")
    assert shop.recharge("R-1")["status"] == "open", "nothing is credited by looking"
    operator.presses("Enter")
    dialog.get_by_label("Note").fill("seen on the statement")
    operator.presses("Enter")
    expect(dialog).to_be_visible()
    assert shop.recharge("R-1")["status"] == "open", "nothing is credited by a reflex"
    operator.presses("Control+Enter")
    expect(dialog).to_have_count(0)
    wait_for("the credit", lambda: shop.recharge("R-1")["status"] == "approved")
    wait_for("recon to hear of it", lambda: shop.sms(matched)["state"] == "settled")
    step("a recharge is approved from the queue, with the evidence before the eyes")


def tells_the_story(operator, matched):
    page = operator.page
    operator.goes("story/order/R-1")
    answer = page.locator(".answer")
    expect(answer).to_have_class(re.compile("whole"))
    for words in ("50,000 KRW was credited", "admin", f"sms:{matched}", "settled"):
        expect(answer).to_contain_text(words)
    expect(page.locator(".steps > li")).to_have_count(10)
    expect(page.locator(".steps .missing")).to_have_count(0)
    step("the auditor's question is answered, and no link is missing")


def template(operator):
    """A template made of an example by keyboard: the selection is named, suggested, and saved."""
    page, shop = operator.page, operator.shop
    operator.goes("templates")
    page.locator(".adder > summary").click()
    page.locator("#maker-text-1").fill("신한 11/28 21:10 입금 75,000원 박민수")
    for value, field in (("75,000", "amount"), ("박민수", "depositor")):
        page.locator("#maker-text-1").evaluate(
            "(field, value) => { const at = field.value.indexOf(value); field.focus(); field.setSelectionRange(at, at + value.length); }", value)
        page.get_by_role("group").get_by_role("button", name=field, exact=True).click()
    page.locator("#maker-senders").fill("15448000")
    page.get_by_role("button", name="Suggest a template").click()
    expect(page.locator("#maker-pattern")).to_have_value(re.compile(r"\{amount\}"))
    page.locator("#maker-name").fill("Shinhan deposit")
    page.get_by_role("button", name="Save").click()
    wait_for("the template", lambda: any(one["name"] == "Shinhan deposit" for one in shop.recon("GET", "/templates")["items"]))
    operator.saw_no_trouble()
    step("a template is made by marking an example")


def outage(browser, shop, args):
    """No news is no good news: the daemon stops, and the console says so by itself."""
    operator = Operator(browser, shop, args)
    operator.logs_in()
    expect(operator.page.locator(".verdict.ok")).to_be_visible()
    shop.stop()
    expect(operator.page.locator(".verdict")).to_have_class(re.compile("unknown"), timeout=15_000)
    expect(operator.page.locator(".counters")).to_have_class(re.compile("old"), timeout=5_000)
    expect(operator.page.locator(".as-of")).to_contain_text("old: as of")
    step("the daemon is gone: not well, and the counters are as of their time")
    shop.start()
    expect(operator.page.locator(".verdict.ok")).to_be_visible(timeout=60_000)
    step("the daemon is back: live again without a reload")
    operator.context.close()


def languages(browser, shop, args):
    for locale, words in (("ko-KR", "모두 정상"), ("zh-CN", "一切正常"), ("fr-FR", "All is well")):
        operator = Operator(browser, shop, args, locale=locale)
        operator.logs_in()
        expect(operator.page.locator(".verdict.ok")).to_have_text(re.compile(words))
        operator.saw_no_trouble()
        operator.context.close()
    step("Korean, Chinese, and English for everybody else")


def pictures(browser, shop, args, matched):
    folder = pathlib.Path(args.shots)
    for scheme, width, height in PICTURES:
        operator = Operator(browser, shop, args, scheme, width, height)
        page = operator.page
        page.goto(f"{shop.url}/")
        page.wait_for_selector("#user")
        page.screenshot(path=folder / f"login-{scheme}-{width}.png")
        operator.logs_in()
        for name in ("queue", "recharges", "recharges/approved", f"story/sms/{matched}", "devices", "phones", "templates", "actors", "audit"):
            operator.goes(name)
            shown = page.locator(".answer" if name.startswith("story") else "main .list-status")
            expect(shown.last).not_to_have_text("")
            page.screenshot(path=folder / f"{name.replace('/', '-')}-{scheme}-{width}.png", full_page=name.startswith("story"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
        operator.saw_no_trouble()
        operator.context.close()
    step(f"pictures in {folder}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--shots")
    parser.add_argument("--from-disk", action="store_true")
    args = parser.parse_args()
    if args.shots:
        pathlib.Path(args.shots).mkdir(parents=True, exist_ok=True)
    shop = Shop(args.binary)
    try:
        shop.furnish()
        with sync_playwright() as playwright:
            # Root may not use Chromium's sandbox. Files that a test puts in have no address, which Chromium holds to be public.
            browser = playwright.chromium.launch(executable_path=args.chromium, args=[
                "--no-sandbox", *(["--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"] if args.from_disk else [])])
            matched = shift(browser, shop, args)
            languages(browser, shop, args)
            if args.shots:
                pictures(browser, shop, args, matched)
            outage(browser, shop, args)
            browser.close()
    except BaseException:
        print(log_of(shop)[-3000:], file=sys.stderr)
        raise
    finally:
        shop.close()
    print("the console works in a browser")


if __name__ == "__main__":
    main()
