// The one dialog that leads to money. It shows order and deposit side by side, what speaks for the deposit and what against it,
// and says that a text is a claim.

import { h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { CODE, call } from "../api.js";
import { amount, isSameAmount, money, stamp } from "../format.js";
import { ask, sentence, show } from "../dialog.js";
import { say } from "../notice.js";
import { may } from "../session.js";
import { block, plain } from "../plain_text.js";
import { flagList } from "../evidence/flags.js";

/** The edge answers within 30 s whether it has begun. */
const APPROVED_WITHIN_MS = 40_000;

/** Asks for an order's approval. `done()` is told when something was begun. */
export async function approve(orderId, { done }) {
  let order;
  let sms;
  try {
    order = await call("/recon/order", { order_id: orderId });
    const smsId = order.recon?.match?.sms_id;
    sms = smsId ? await call("/recon/sms", { id: smsId }) : null;
  } catch (failure) {
    say("warn", sentence(failure));
    return;
  }
  const lacks = !order.wallet_available ? "approve.no_wallet" : !order.recon_available ? "approve.no_recon"
    : !order.wallet ? "link.wallet_unknown" : !sms?.money ? "approve.no_deposit" : null;
  if (lacks) {
    say("warn", t(lacks, { order: orderId }));
    return;
  }
  const wallet = order.wallet;
  const differs = !isSameAmount(sms.money.amount, wallet.amount) || sms.money.currency !== wallet.currency;
  const barred = bars(wallet, sms, orderId, differs);
  await ask({
    title: t("approve.title", { order: orderId }),
    wide: true,
    careful: true,
    barred: barred.length > (differs && may("override") ? 1 : 0),
    action: t("approve.act", { money: amount(wallet.amount, wallet.currency), user: wallet.user_id }),
    note: { label: t(differs ? "approve.note_differs" : "note.optional"), needed: differs },
    body: [
      h("p", { class: "claim strong" }, t("claim")),
      barred.length > 0 && h("ul", { class: "warning" }, barred.map((words) => h("li", null, words))),
      sides(wallet, sms, differs),
      h("h3", null, t("approve.evidence")),
      h("ul", { class: "for-and-against" }, weigh(sms).map(([kind, ...words]) =>
        h("li", { class: kind }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[kind]), h("span", null, ...words)))),
      sms.flags.length > 0 && flagList(sms.flags),
      h("details", null, h("summary", null, t("evidence.text")), block(sms.text)),
      h("p", null, link(["story", "order", orderId], { on: { click: () => document.querySelector("dialog[open]")?.close() } }, t("approve.story"))),
    ],
    run: async (note) => {
      try {
        const body = { order_id: orderId, sms_id: sms.id, version: wallet.version, ...(note && { note }) };
        const now = await call("/recharge/approve", body, APPROVED_WITHIN_MS);
        say(now.approval === "approved" ? "ok" : "warn", t(`approval.${now.approval}`), " ", t(`approval.${now.approval}.why`));
      } catch (failure) {
        if (failure.code === CODE.offline) say("warn", t("approve.unknown", { order: orderId }));
        else if (failure.code === CODE.conflict) await overtaken(orderId, failure);
        else throw failure;
      }
      done();
    },
  });
}

const SIGNS = { for: "✓", against: "!", open: "?" };

/** What the edge will refuse, said beforehand. */
function bars(wallet, sms, orderId, differs) {
  const found = [];
  if (wallet.status !== "open") found.push(t("approve.bar.closed", { status: word("order_status", wallet.status) }));
  if (sms.order_id !== orderId || sms.state !== "matched") found.push(t("approve.bar.unmatched"));
  if (sms.review === "rejected") found.push(t("approve.bar.rejected"));
  if (sms.review === "need_check") found.push(t("approve.bar.need_check"));
  if (differs) found.push(t(may("override") ? "approve.bar.differs" : "approve.bar.differs_no"));
  return found;
}

function sides(wallet, sms, differs) {
  const row = (name, deposit, order, isWrong) => h("tr", { class: isWrong ? "differs" : null },
    h("th", { scope: "row" }, t(name)), h("td", null, deposit ?? t("none")), h("td", null, order ?? t("none")));
  return h("div", { class: "scroll" }, h("table", { class: "sides" },
    h("thead", null, h("tr", null, h("td", null), h("th", { scope: "col" }, t("approve.deposit")), h("th", { scope: "col" }, t("approve.order")))),
    h("tbody", null,
      row("field.money", h("b", { class: "sum" }, money(sms.money)), h("b", { class: "sum" }, amount(wallet.amount, wallet.currency)), differs),
      row("field.depositor", sms.depositor && plain(sms.depositor), plain(wallet.depositor), (sms.depositor ?? "") !== wallet.depositor),
      row("field.account", sms.account && plain(sms.account), wallet.account && plain(wallet.account)),
      row("field.reference", null, wallet.reference && plain(wallet.reference)),
      row("field.time", stamp(sms.occurred_at), stamp(wallet.created_at)),
      row("field.who", plain(sms.sender), plain(wallet.user_id)),
      row("field.version", `#${sms.id} · ${sms.version}`, `${wallet.order_id} · ${wallet.version}`))));
}

/** What speaks for the deposit, and what against it or is not known. */
function weigh(sms) {
  const sources = new Set(sms.sightings.map((sighting) => sighting.source)).size;
  const found = [sources > 1 ? ["for", t("origin.several", { count: sources })] : ["open", t("origin.one")]];
  if (!sms.chain) found.push(["open", t("chain.none")]);
  else if (sms.chain.open) found.push(["against", t("chain.broken.why"), " ", sms.chain.missing && t("chain.missing", { money: money(sms.chain.missing) })]);
  else found.push([sms.chain.verdict === "sound" ? "for" : "open", word("chain", sms.chain.verdict), ": ", t(`chain.${sms.chain.verdict}.why`)]);
  found.push(sms.twins.length > 0 ? ["against", t("weigh.twins", { ids: sms.twins.map((id) => `#${id}`).join(", ") })] : ["for", t("weigh.no_twins")]);
  const decided = sms.match;
  if (decided) {
    const byHand = decided.decision === "manual";
    found.push([byHand ? "open" : "for", t(byHand ? "weigh.by_hand" : "weigh.by_rule", { rule: decided.rule, others: Math.max(0, decided.candidates_total - 1) })]);
  }
  if (sms.check) found.push(["for", t("check.by", { by: sms.check.by, at: stamp(sms.check.at) }), sms.check.note && [" ", plain(sms.check.note)]]);
  return found;
}

/** What no longer holds is shown as it is now. */
function overtaken(orderId, failure) {
  const now = failure.data;
  return show(t("conflict"), () => [
    h("p", null, t("approve.conflict", { order: orderId })),
    h("p", null, failure.message),
    now?.order_id && h("p", null, t("approve.now", { status: word("order_status", now.status), approval: now.approval ? t(`approval.${now.approval}`) : t("none"), version: now.version ?? "?" })),
  ]);
}
