// The console: login, then the frame with the top bar and one page at a time.

import { h, link } from "./dom.js";
import { t, word } from "./i18n.js";
import { CODE, call, whenSessionIsOver } from "./api.js";
import * as live from "./live.js";
import * as standing from "./standing.js";
import * as router from "./router.js";
import { become, operator } from "./session.js";
import { bindPage } from "./keys.js";
import { languages, login } from "./login.js";
import { notices, say } from "./notice.js";
import { sentence } from "./dialog.js";
import { topbar } from "./topbar.js";
import { help } from "./help.js";
import { ZONE } from "./format.js";
import { queue } from "./pages/queue.js";
import { recharges } from "./pages/recharges.js";
import { actors } from "./pages/actors.js";
import { templates } from "./pages/templates.js";
import { devices } from "./pages/devices.js";
import { phones } from "./pages/phones.js";
import { audit } from "./pages/audit.js";
import { story } from "./pages/story.js";

const PAGES = [
  ["queue", "q", queue], ["recharges", "p", recharges], ["story", "s", story], ["devices", "d", devices], ["phones", "n", phones],
  ["templates", "t", templates], ["actors", "l", actors], ["audit", "u", audit],
];
const root = document.body;
let bar = null;

for (const [name, letter, show] of PAGES) {
  router.addPage(name, show);
  bindPage(letter, `#/${name}`, `page.${name}`);
}

whenSessionIsOver(() => operator() && leave(true));

async function enter() {
  become(await call("/me"));
  live.start();
  standing.start();
  frame();
}

function leave(wasOver) {
  router.stop();
  live.stop();
  standing.stop();
  bar?.end();
  bar = null;
  become(null);
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
  document.title = "recon";
  login(root, { entered: enter, redraw: () => leave(false), wasOver });
}

async function logout() {
  try {
    await call("/logout");
  } catch (failure) {
    // A session that is over needs no end; one that could not be ended is still open, and that must be said.
    if (failure.code !== CODE.session) {
      say("warn", t("logout.failed"), " ", sentence(failure));
      return;
    }
  }
  leave(false);
}

function frame() {
  bar?.end();
  bar = topbar();
  const main = h("main", { id: "main", tabindex: "-1" });
  const nav = h("nav", { "aria-label": t("pages") }, h("ul", null, PAGES.map(([name, letter]) =>
    h("li", null, link([name], { data: { page: name }, "aria-keyshortcuts": `g ${letter}` }, t(`page.${name}`))))));
  root.replaceChildren(
    h("a", { class: "skip", href: "#main", on: { click: (event) => { event.preventDefault(); main.focus(); } } }, t("skip")),
    h("header", { class: "top" }, link(["queue"], { class: "brand" }, "recon"), bar.element),
    nav,
    main,
    h("footer", null,
      h("span", null, `${operator().username} · ${word("role", operator().role)}`),
      h("span", null, t("zone", { zone: ZONE })),
      h("button", { type: "button", on: { click: help } }, t("help.open")),
      languages(frame),
      h("button", { type: "button", on: { click: logout } }, t("logout"))),
    notices());
  router.start(main, "queue", (shown) => {
    for (const item of nav.querySelectorAll("a")) {
      if (item.dataset.page === shown) item.setAttribute("aria-current", "page");
      else item.removeAttribute("aria-current");
    }
  });
}

try {
  await enter();
} catch (failure) {
  if (failure.code === CODE.session) leave(false);
  else login(root, { entered: enter, redraw: () => location.reload(), wasOver: false });
}
