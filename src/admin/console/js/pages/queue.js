// The queue: messages that wait for a person, and beside them everything that is known of the one that is looked at.
//
// The oldest stand first: their customers have waited longest, and their orders expire first. A message that was decided goes,
// and the next one is there.

import { fill, h } from "../dom.js";
import { t, word } from "../i18n.js";
import { all, call } from "../api.js";
import { age, money } from "../format.js";
import { onChange } from "../live.js";
import { bindKeys } from "../keys.js";
import { sentence } from "../dialog.js";
import { plain } from "../plain_text.js";
import { flagChips } from "../evidence/flags.js";
import { help } from "../help.js";
import { detailPane } from "./queue_detail.js";

/** More than these are not worked off by hand: a filter narrows them. */
const MOST = 1_000;
const REFRESH_MS = 500;
const STATES = ["", "unparsed", "ambiguous", "unmatched", "matched", "settled", "held", "quarantined", "rejected", "ignored", "parsed", "accepted", "received"];

/** What the operator last looked at and how; it stays while they are on other pages. */
const kept = { scope: "need_check", newest: false, q: "", state: "", id: null };

export function queue(main, path) {
  if (path[0] === "sms" && /^\d+$/.test(path[1] ?? "")) kept.id = Number(path[1]);
  let items = [];
  let total = 0;
  let isGone = false;
  let timer = 0;
  let asked = 0;

  const status = h("p", { class: "list-status", role: "status" });
  const list = h("ul", { class: "rows", role: "listbox", "aria-label": t("page.queue"), tabindex: "0", "aria-activedescendant": "" });
  const pane = detailPane({ decided, changed: refreshSoon });
  const search = h("input", { type: "search", "aria-label": t("search"), placeholder: t("queue.search"), value: kept.q, maxlength: 200,
    on: { change: () => narrowed({ q: search.value.trim() }) } });
  const scope = select("queue.scope", ["need_check", "all"], kept.scope, (value) => word("scope", value), (value) => narrowed({ scope: value }));
  const state = select("field.state", STATES, kept.state, (value) => (value ? word("state", value) : t("state.any")), (value) => narrowed({ state: value }));
  const order = select("queue.order", ["oldest", "newest"], kept.newest ? "newest" : "oldest", (value) => t(`queue.${value}`), (value) => narrowed({ newest: value === "newest" }));
  const back = h("button", { type: "button", class: "back", on: { click: () => unfocus() } }, t("back"));
  const layout = h("div", { class: "split" },
    h("section", { class: "list" }, h("h1", { class: "unseen-words" }, t("page.queue")), h("div", { class: "filters" }, scope, state, order, search), status, list),
    h("section", { class: "detail", "aria-live": "off" }, back, pane.element));
  main.append(layout);

  function select(label, values, chosen, name, take) {
    const element = h("select", { "aria-label": t(label), on: { change: () => take(element.value) } },
      values.map((value) => h("option", { value, selected: value === chosen }, name(value))));
    return element;
  }

  function narrowed(change) {
    Object.assign(kept, change, { id: null });
    load();
  }

  async function load() {
    asked += 1;
    const mine = asked;
    const filter = {};
    if (kept.scope === "need_check") filter.review = "need_check";
    if (kept.state) filter.state = kept.state;
    if (kept.q) filter.q = kept.q;
    try {
      // Of everything only the newest page: nobody works that off.
      const found = await all("/recon/sms/list", filter, kept.scope === "need_check" ? MOST : 200);
      if (isGone || mine !== asked) return;
      items = kept.newest || kept.scope === "all" ? found.items : found.items.reverse();
      total = found.total;
      order.disabled = kept.scope === "all";
      status.classList.remove("error");
      drawStatus();
      if (kept.id === null && items.length > 0 && isWide()) kept.id = items[0].id;
      draw();
      pane.show(kept.id, items.find((item) => item.id === kept.id)?.version);
    } catch (failure) {
      if (isGone || mine !== asked) return;
      // What stands in the list is older than it looks: that has to be said.
      status.classList.add("error");
      status.textContent = `${sentence(failure)} ${items.length > 0 ? t("list.old") : ""}`;
    }
  }

  function drawStatus() {
    const isAll = items.length >= total;
    if (total === 0) status.textContent = t(kept.scope === "need_check" && !kept.q && !kept.state ? "queue.empty" : "queue.nothing");
    else status.textContent = isAll ? t("queue.count", { count: total }) : t("queue.count_of", { shown: items.length, count: total });
  }

  function draw() {
    fill(list, items.map((item) => row(item)));
    mark();
  }

  function row(item) {
    return h("li", { id: `sms-${item.id}`, role: "option", class: "row", data: { id: item.id }, on: { click: () => { choose(item.id); layout.classList.add("open"); } } },
      h("div", { class: "row-top" }, h("span", { class: "sum" }, item.money ? money(item.money) : word("state", item.state)),
        h("span", { class: "quiet" }, t("ago", { age: age(item.received_at) }))),
      h("div", { class: "row-text" }, item.depositor ? [h("b", null, plain(item.depositor)), " "] : null, plain((item.text ?? t("text.purged")).replace(/\s*\n\s*/g, " ").slice(0, 120))),
      h("div", { class: "chips" }, kept.scope === "all" && [h("span", { class: `chip state-${item.state}` }, word("state", item.state)),
        item.review !== "none" && h("span", { class: `chip review-${item.review}` }, word("review", item.review))], flagChips(item.flags)));
  }

  function mark() {
    for (const element of list.children) {
      const isChosen = Number(element.dataset.id) === kept.id;
      element.setAttribute("aria-selected", String(isChosen));
      if (isChosen) {
        list.setAttribute("aria-activedescendant", element.id);
        element.scrollIntoView({ block: "nearest" });
      }
    }
  }

  function choose(id) {
    kept.id = id;
    mark();
    pane.show(id, items.find((item) => item.id === id)?.version);
  }

  function move(by) {
    if (items.length === 0) return;
    const at = items.findIndex((item) => item.id === kept.id);
    choose(items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + by))].id);
  }

  /** The one that was decided goes, and the next one takes its place. */
  function decided(id, sms) {
    const at = items.findIndex((item) => item.id === id);
    if (kept.scope === "need_check" && sms.review !== "need_check" && at >= 0) {
      items.splice(at, 1);
      total -= 1;
      drawStatus();
      draw();
      if (items.length > 0) choose(items[Math.min(at, items.length - 1)].id);
      else {
        kept.id = null;
        layout.classList.remove("open");
        pane.show(null);
      }
    }
    refreshSoon();
  }

  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(load, REFRESH_MS);
  }

  function unfocus() {
    layout.classList.remove("open");
    list.focus();
  }

  const open = () => {
    if (kept.id === null) return;
    layout.classList.add("open");
    pane.focus();
  };
  bindKeys([
    { keys: ["j", "ArrowDown"], label: "key.next", run: () => move(1) },
    { keys: ["k", "ArrowUp"], label: "key.previous", run: () => move(-1) },
    { keys: ["Enter"], label: "key.open", run: open },
    { keys: ["Escape"], label: "key.back", run: unfocus },
    { keys: ["c"], label: "key.confirm", run: () => pane.act("confirm") },
    { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], hint: "1–9", label: "key.pick", run: (event) => pane.pick(Number(event.key) - 1) },
    { keys: ["x"], label: "key.reject", run: () => pane.act("reject") },
    { keys: ["o"], label: "key.reopen", run: () => pane.act("reopen") },
    { keys: ["r"], label: "key.reset", run: () => pane.act("reset") },
    { keys: ["a"], label: "key.approve", run: () => pane.act("approve") },
    { keys: ["s"], label: "key.story", run: () => { if (kept.id !== null) location.hash = `#/story/sms/${kept.id}`; } },
    { keys: ["/"], label: "key.search", run: () => search.focus() },
    { keys: ["?"], label: "key.help", run: help },
  ]);
  const end = onChange((change) => ["sms", "order", "*"].includes(change.topic) && refreshSoon());
  // Ages grow.
  const ages = setInterval(() => document.hidden || draw(), 30_000);
  if (kept.id !== null && path[0] === "sms") layout.classList.add("open");
  load();
  if (isWide()) list.focus();
  return () => {
    isGone = true;
    end();
    clearTimeout(timer);
    clearInterval(ages);
    pane.end();
  };
}

function isWide() {
  return matchMedia("(min-width: 900px)").matches;
}
