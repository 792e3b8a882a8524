// Everything that is known of a message, for the person who decides: what it says, why it asks, where it came from, whether the
// account's balance follows, which orders it could pay and why none is certain.

import { h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { age, money, stamp } from "../format.js";
import { block, hasUnseen, plain } from "../plain_text.js";
import { flagList } from "./flags.js";
import { chain } from "./chain.js";
import { decision } from "./match.js";
import { history } from "./past.js";
import { origin } from "./origin.js";

/** The evidence in sections. `pick(order_id)` links it with an order by hand, where the operator may. */
export function evidence(sms, { pick } = {}) {
  const text = section("evidence.text", [
    block(sms.text),
    hasUnseen(sms.text) && h("p", { class: "warning" }, t("text.has_unseen")),
    facts([
      ["field.sender", plain(sms.sender)],
      ["field.line", sms.line && plain(sms.line)],
      ["field.received", stamp(sms.received_at)],
      ["field.occurred", stamp(sms.occurred_at)],
    ]),
  ]);
  const balance = section("evidence.chain", chain(sms.chain));
  // What the decision hangs on stands first.
  return [
    sms.flags.length > 0 && section("evidence.flags", flagList(sms.flags)),
    h("div", { class: "beside" }, text, section("evidence.read", read(sms))),
    sms.chain?.open && balance,
    sms.twins.length > 0 && section("evidence.twins", [
      h("p", null, t("twins.why")),
      h("p", null, sms.twins.map((id) => [link(["queue", "sms", id], null, `#${id}`), " "])),
    ]),
    section("evidence.match", decision(sms, pick)),
    section("evidence.origin", origin(sms)),
    !sms.chain?.open && balance,
    section("evidence.past", history(sms)),
  ];
}

/** A section with a heading. */
export function section(title, ...content) {
  return h("section", { class: "evidence" }, h("h3", null, t(title)), ...content);
}

/** Names with values; without those that are not there. */
export function facts(rows) {
  const there = rows.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return h("dl", { class: "facts" }, there.map(([name, value]) => [h("dt", null, t(name)), h("dd", null, value)]));
}

/** The head of a message: number, state, money. */
export function head(sms) {
  return h("div", { class: "sms-head" },
    h("h2", { id: "sms-title", tabindex: "-1" }, h("span", { class: "id" }, `#${sms.id}`), " ",
      sms.money ? h("span", { class: "sum" }, money(sms.money)) : plain(sms.sender), sms.depositor && [" · ", plain(sms.depositor)]),
    h("p", { class: "chips" }, chip("state", sms.state), chip("review", sms.review),
      sms.order_id && link(["story", "order", sms.order_id], { class: "chip" }, t("order.short", { id: sms.order_id })),
      h("span", { class: "quiet" }, t("ago", { age: age(sms.received_at) }))));
}

/** A word of the server in the operator's language. */
export function chip(kind, value) {
  return h("span", { class: `chip ${kind}-${value}` }, word(kind, value));
}

function read(sms) {
  if (!sms.parse) return h("p", null, t(sms.state === "unparsed" ? "read.unparsed" : "read.none"));
  return [
    facts([
      ["field.direction", word("direction", sms.parse.direction)],
      ["field.money", sms.money && h("b", null, money(sms.money))],
      ["field.depositor", sms.depositor && plain(sms.depositor)],
      ["field.account", sms.account && plain(sms.account)],
      ["field.balance", sms.balance && money(sms.balance)],
      ["field.template", link(["templates", sms.parse.template_id], null,
        t("template.version", { id: sms.parse.template_id, version: sms.parse.template_version }))],
    ]),
    h("details", null, h("summary", null, t("read.fields")),
      h("dl", { class: "facts" }, Object.entries(sms.parse.fields).map(([name, value]) =>
        [h("dt", null, h("code", null, name)), h("dd", null, plain(value))]))),
  ];
}
