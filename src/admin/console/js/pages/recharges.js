// Recharge orders and their approvals: what is open, what was asked of the wallet and not answered, what is stuck.

import { fill, h, link, named, table } from "../dom.js";
import { t, word } from "../i18n.js";
import { CODE, call, page } from "../api.js";
import { age, amount, stamp } from "../format.js";
import { onChange } from "../live.js";
import { bindKeys } from "../keys.js";
import { ask, sentence } from "../dialog.js";
import { say } from "../notice.js";
import { may } from "../session.js";
import { plain } from "../plain_text.js";
import { help } from "../help.js";
import { approve } from "./approve.js";

/** Views: what the list is asked for. */
const VIEWS = [
  ["open", { status: "open" }], ["unknown", { approval: "unknown" }], ["stuck", { approval: "stuck" }], ["pending", { approval: "pending" }],
  ["approved", { status: "approved" }], ["rejected", { status: "rejected" }], ["all", {}],
];

export function recharges(main, path) {
  const view = VIEWS.find(([name]) => name === path[0]) ?? VIEWS[0];
  let orders = [];
  let chosen = null;
  let number = 1;
  let isGone = false;
  let timer = 0;

  const status = h("p", { class: "list-status", role: "status" });
  const body = h("tbody");
  const names = ["order.id", "field.money", "field.depositor", "field.user", "order.status", "order.approval", "order.deposit", "order.since", "actions"].map((name) => t(name));
  const more = h("div", { class: "actions" });
  main.append(h("h1", null, t("page.recharges")),
    h("ul", { class: "tabs" }, VIEWS.map(([name]) => h("li", null,
      link(["recharges", name], { "aria-current": name === view[0] ? "page" : null }, t(`view.${name}`))))),
    ["unknown", "stuck", "pending"].includes(view[0]) && h("p", { class: "explain" }, t(`approval.${view[0]}.why`)) || "",
    status, table(names, body), more, h("p", { class: "claim" }, t("claim")));

  async function load() {
    try {
      const found = await page("/recharge/list", view[1], number);
      if (isGone) return;
      orders = found.list;
      status.classList.remove("error");
      status.textContent = found.total === 0 ? t("list.empty") : t("list.count", { count: found.total });
      draw();
      const pages = Math.ceil(found.total / found.pageSize);
      fill(more, pages > 1 && [
        h("button", { type: "button", disabled: number <= 1, on: { click: () => { number -= 1; load(); } } }, t("list.newer")),
        h("span", null, `${number} / ${pages}`),
        h("button", { type: "button", disabled: number >= pages, on: { click: () => { number += 1; load(); } } }, t("list.older")),
      ]);
    } catch (failure) {
      if (isGone) return;
      status.classList.add("error");
      status.textContent = `${sentence(failure)} ${orders.length > 0 ? t("list.old") : ""}`;
    }
  }

  function draw() {
    if (!orders.some((order) => order.order_id === chosen)) chosen = orders[0]?.order_id ?? null;
    fill(body, orders.map((order) => named(row(order), names)));
  }

  function row(order) {
    const isOpen = order.status === "open" && ![..."pending unknown stuck approved".split(" ")].includes(order.approval);
    return h("tr", { class: order.order_id === chosen ? "chosen" : null, "aria-current": order.order_id === chosen ? "true" : null,
      data: { id: order.order_id }, on: { click: () => choose(order.order_id) } },
    h("th", { scope: "row" }, link(["story", "order", order.order_id], null, order.order_id)),
    h("td", { class: "sum" }, amount(order.amount, order.currency)),
    h("td", null, plain(order.depositor)),
    h("td", null, plain(order.user_id)),
    h("td", null, h("span", { class: `chip order-${order.status}` }, word("order_status", order.status))),
    h("td", null, order.approval && h("span", { class: `chip approval-${order.approval}`, title: t(`approval.${order.approval}.why`) }, t(`approval.${order.approval}`))),
    h("td", null, order.sms_id ? link(["queue", "sms", order.sms_id], null, `#${order.sms_id}`) : h("span", { class: "quiet" }, t("order.waiting"))),
    h("td", { title: stamp(order.create_time) }, t("ago", { age: age(order.create_time) })),
    h("td", { class: "nowrap" }, may("approve") && isOpen && [
      h("button", { type: "button", class: "small money", disabled: !order.sms_id, on: { click: () => approveIt(order) } }, t("act.approve.short")), " ",
      h("button", { type: "button", class: "small danger", on: { click: () => rejectIt(order) } }, t("act.reject")),
    ]));
  }

  function choose(id) {
    chosen = id;
    for (const element of body.children) {
      const isChosen = element.dataset.id === id;
      element.classList.toggle("chosen", isChosen);
      if (isChosen) {
        element.setAttribute("aria-current", "true");
        element.scrollIntoView({ block: "nearest" });
      } else element.removeAttribute("aria-current");
    }
  }

  function move(by) {
    const at = orders.findIndex((order) => order.order_id === chosen);
    const next = orders[Math.min(orders.length - 1, Math.max(0, at + by))];
    if (next) choose(next.order_id);
  }

  const current = () => orders.find((order) => order.order_id === chosen);

  function approveIt(order) {
    if (!order || !may("approve")) say("warn", t("act.approve.not"));
    else if (!order.sms_id) say("warn", t("approve.no_deposit", { order: order.order_id }));
    else approve(order.order_id, { done: refreshSoon });
  }

  async function rejectIt(order) {
    if (!order || order.status !== "open" || !may("approve")) {
      say("warn", t("recharge.reject.not"));
      return;
    }
    await ask({
      title: t("recharge.reject.title", { order: order.order_id }),
      danger: true,
      action: t("act.reject"),
      note: { label: t("note.why"), needed: true },
      body: [h("p", null, h("b", null, amount(order.amount, order.currency)), " · ", plain(order.depositor)),
        order.sms_id ? h("p", { class: "warning" }, t("recharge.reject.has_deposit", { id: order.sms_id })) : null,
        h("p", { class: "quiet" }, t("recharge.reject.what"))],
      run: async (reason) => {
        try {
          await call("/recharge/reject", { order_id: order.order_id, reason, version: order.version });
          say("ok", t("recharge.rejected", { order: order.order_id }));
        } catch (failure) {
          if (failure.code !== CODE.conflict) throw failure;
          say("warn", t("approve.conflict", { order: order.order_id }));
        }
        refreshSoon();
      },
    });
  }

  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(load, 400);
  }

  bindKeys([
    { keys: ["j", "ArrowDown"], label: "key.next", run: () => move(1) },
    { keys: ["k", "ArrowUp"], label: "key.previous", run: () => move(-1) },
    { keys: ["Enter"], label: "key.story", run: () => { if (chosen) location.hash = `#/story/order/${encodeURIComponent(chosen)}`; } },
    { keys: ["a"], label: "key.approve", run: () => approveIt(current()) },
    { keys: ["x"], label: "key.recharge_reject", run: () => rejectIt(current()) },
    { keys: ["?"], label: "key.help", run: help },
  ]);
  const end = onChange((change) => ["order", "sms", "*"].includes(change.topic) && refreshSoon());
  load();
  return () => {
    isGone = true;
    end();
    clearTimeout(timer);
  };
}
