// The story of one order or message for whoever asks why it was credited: each link from the text to the ledger, in order, and
// whether they hold together. A link that is not there is said to be missing.

import { fill, h, link, table } from "../dom.js";
import { t, word } from "../i18n.js";
import { CODE, call, page } from "../api.js";
import { amount, money, stamp } from "../format.js";
import { bindKeys } from "../keys.js";
import { sentence } from "../dialog.js";
import { block, plain } from "../plain_text.js";
import { chain } from "../evidence/chain.js";
import { decision } from "../evidence/match.js";
import { flagList } from "../evidence/flags.js";
import { history } from "../evidence/past.js";
import { origin } from "../evidence/origin.js";
import { chip, facts } from "../evidence/sms.js";
import { help } from "../help.js";
import { columns, row as auditRow } from "./audit.js";
import { credit, links } from "./story_links.js";

export function story(main, path) {
  let isGone = false;
  const input = h("input", { type: "search", id: "story-id", value: path[1] ?? "", placeholder: "R-1, 41", maxlength: 128 });
  const out = h("div", { class: "story" });
  const go = (event) => {
    event.preventDefault();
    const asked = input.value.trim();
    if (!asked) return;
    const number = /^#?(\d+)$/.exec(asked);
    location.hash = number ? `#/story/sms/${number[1]}` : `#/story/order/${encodeURIComponent(asked)}`;
  };
  main.append(h("h1", null, t("page.story")), h("p", { class: "explain" }, t("story.what")),
    h("form", { class: "filters no-print", on: { submit: go } }, h("label", { class: "field", for: "story-id" }, t("story.id"), input), h("button", { type: "submit" }, t("story.tell")),
      path.length > 1 && h("button", { type: "button", on: { click: () => window.print() } }, t("story.print"))),
    out);
  bindKeys([{ keys: ["/"], label: "key.search", run: () => input.focus() }, { keys: ["?"], label: "key.help", run: help }]);
  if (["sms", "order"].includes(path[0]) && path[1]) {
    tell(path[0], path[1]).then((content) => isGone || fill(out, content), (failure) =>
      isGone || fill(out, h("p", { class: "error", role: "alert" }, failure.code === CODE.notFound ? t("story.not_found", { id: path[1] }) : sentence(failure))));
  } else input.focus();
  return () => { isGone = true; };
}

async function tell(kind, id) {
  let sms = kind === "sms" ? await call("/recon/sms", { id: Number(id) }) : null;
  const orderId = kind === "order" ? id : sms.order_id;
  const order = orderId ? await call("/recon/order", { order_id: orderId }) : null;
  const smsId = sms?.id ?? order?.recon?.match?.sms_id ?? depositOf(order);
  if (!sms && smsId) sms = await optional(call("/recon/sms", { id: Number(smsId) }));
  const recharge = orderId ? await optional(call("/recharge/get", { order_id: orderId })) : null;
  const log = sms && await optional(page("/recon/audit", { subject: `sms/${sms.id}` }));
  return draw({ sms, orderId, order, recharge, log });
}

function depositOf(order) {
  const found = /^sms:(\d+)$/.exec(order?.wallet?.closed?.deposit_ref ?? "");
  return found?.[1] ?? null;
}

/** What cannot be had is missing, and the rest of the story is told. */
async function optional(asked) {
  try {
    return await asked;
  } catch (failure) {
    if (failure.code === CODE.session) throw failure;
    return null;
  }
}

function draw({ sms, orderId, order, recharge, log }) {
  const found = links({ sms, orderId, order, recharge });
  const wallet = order?.wallet;
  const step = (number, title, ...content) => h("li", null, h("h2", null, h("span", { class: "number", "aria-hidden": "true" }, number), " ", t(title)), ...content);
  return [
    h("section", { class: `answer ${found.every((one) => one.holds) ? "whole" : "open"}` },
      h("p", { class: "answer-words" }, credit({ sms, orderId, order })),
      h("ul", { class: "for-and-against" }, found.map((one) => h("li", { class: one.holds ? "for" : one.isOpen ? "open" : "against" },
        h("span", { class: "sign", "aria-hidden": "true" }, one.holds ? "✓" : one.isOpen ? "…" : "✕"), h("span", null, one.words)))),
      h("p", { class: "claim" }, t("claim"))),
    h("ol", { class: "steps" },
      step(1, "story.message", sms ? [
        h("p", { class: "chips" }, h("span", { class: "id" }, `#${sms.id}`), " ", chip("state", sms.state), chip("review", sms.review)),
        block(sms.text), facts([["field.sender", plain(sms.sender)], ["field.line", sms.line && plain(sms.line)], ["field.received", stamp(sms.received_at)], ["field.occurred", stamp(sms.occurred_at)]]),
        sms.flags.length > 0 && flagList(sms.flags),
      ] : missing("story.no_message")),
      step(2, "evidence.origin", sms ? origin(sms) : missing("story.no_message")),
      step(3, "evidence.read", sms?.parse ? parsed(sms) : missing("read.none")),
      step(4, "evidence.chain", sms ? chain(sms.chain) : missing("story.no_message")),
      step(5, "evidence.match", sms ? decision(sms) : missing("story.no_message")),
      step(6, "story.review", sms ? reviewed(sms) : missing("story.no_message")),
      step(7, "story.order", orderId ? placed(orderId, order) : missing("story.no_order")),
      step(8, "story.approval", approval(recharge, order)),
      step(9, "story.entry", entry(wallet, order)),
      step(10, "story.audit", log ? logbook(log) : missing("story.no_audit"))),
  ];
}

function missing(key) {
  return h("p", { class: "missing" }, t(key));
}

function parsed(sms) {
  return [
    facts([
      ["field.template", link(["templates", sms.parse.template_id], null, t("template.version", { id: sms.parse.template_id, version: sms.parse.template_version }))],
      ["field.direction", word("direction", sms.parse.direction)],
    ]),
    h("dl", { class: "facts" }, Object.entries(sms.parse.fields).map(([name, value]) => [h("dt", null, h("code", null, name)), h("dd", null, plain(value))])),
  ];
}

function reviewed(sms) {
  return [h("p", null, chip("review", sms.review), " ", sms.check ? null : t("story.no_check")), history(sms)];
}

function placed(orderId, order) {
  const recon = order?.recon;
  const wallet = order?.wallet;
  const known = wallet ?? recon;
  return [
    known ? facts([
      ["order.id", plain(known.order_id)], ["field.user", plain(known.user_id)], ["field.money", amount(known.amount, known.currency)], ["field.depositor", plain(known.depositor)],
      ["field.reference", known.reference && plain(known.reference)], ["field.account", known.account && plain(known.account)],
      ["order.placed", stamp(known.created_at)], ["order.expires", known.expires_at && stamp(known.expires_at)],
      ["order.in_wallet", wallet ? `${word("order_status", wallet.status)} · ${t("field.version")} ${wallet.version}` : t(order.wallet_available ? "order.unknown_there" : "order.no_answer")],
      ["order.in_recon", recon ? `${word("order_status", recon.status)} · ${t("field.version")} ${recon.version}` : t(order.recon_available ? "order.unknown_there" : "order.no_answer")],
      ["order.deposit", recon?.match && [link(["queue", "sms", recon.match.sms_id], null, `#${recon.match.sms_id}`), ` · ${word("timing", recon.match.timing)} · ${stamp(recon.match.made_at)} · `, plain(recon.match.made_by)]],
    ]) : missing("story.no_order"),
  ];
}

/** What the edge keeps of the approval: who, why, by which key, how often it was sent. */
function approval(recharge, order) {
  if (!recharge) return missing(order && order.wallet_available ? "story.no_approval" : "story.no_answer");
  const detail = recharge.approval_detail;
  if (!recharge.approval || !detail) return missing("story.no_approval");
  return [
    h("p", null, h("span", { class: `chip approval-${recharge.approval}` }, t(`approval.${recharge.approval}`)), " ", t(`approval.${recharge.approval}.why`)),
    facts(INTENT.map(([name, show]) => [`intent.${name}`, detail[name] === null || detail[name] === undefined ? null : show(detail[name], detail)])),
  ];
}

const textual = (value) => plain(String(value));
const INTENT = [
  ["operator", textual], ["create_time", stamp], ["note", textual], ["amount", (value, detail) => amount(value, detail.currency)],
  ["order_amount", (value, detail) => amount(value, detail.currency)], ["override", (value) => t(value ? "yes" : "no")],
  ["sms_id", (value) => link(["queue", "sms", value], null, `#${value}`)], ["sms_version", textual], ["rule", textual], ["order_version", textual],
  ["idempotency_key", (value) => h("code", { class: "long" }, textual(value))], ["attempts", textual], ["send_time", stamp], ["next_time", stamp],
  ["last_error", textual], ["settle_time", stamp], ["entry_id", (value) => `#${value}`],
];

function entry(wallet, order) {
  if (!wallet) return missing(order && !order.wallet_available ? "story.no_answer" : "story.no_entry");
  const closed = wallet.closed;
  if (!closed) return missing("story.no_entry");
  return facts([
    ["entry.id", closed.entry_id && `#${closed.entry_id}`],
    ["order.status", word("order_status", wallet.status)],
    ["field.money", closed.entry_id && amount(wallet.amount, wallet.currency)],
    ["field.user", plain(wallet.user_id)],
    ["entry.deposit", closed.deposit_ref && plain(closed.deposit_ref)],
    ["entry.by", plain(closed.by)],
    ["entry.at", stamp(closed.at)],
    ["entry.reason", closed.reason && plain(closed.reason)],
  ]);
}

function logbook(log) {
  const entries = [...log.list].reverse();
  if (entries.length === 0) return h("p", { class: "quiet" }, t("story.no_audit_entries"));
  return table(columns(), h("tbody", null, entries.map(auditRow)));
}
