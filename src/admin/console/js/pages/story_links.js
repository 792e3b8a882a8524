// Whether the links of a story hold together: what recon, the edge and the wallet say of one deposit has to agree.

import { t, word } from "../i18n.js";
import { amount, isSameAmount, money, stamp } from "../format.js";

/** The links in order: `{holds, isOpen, words}`. One that is open may still come; one that does not hold contradicts. */
export function links({ sms, orderId, order, recharge }) {
  const found = [];
  const add = (holds, yes, no, isOpen = false) => found.push({ holds, isOpen: !holds && isOpen, words: holds ? yes : no });
  const wallet = order?.wallet;
  const closed = wallet?.closed;
  const isCredited = Boolean(closed?.entry_id);

  add(Boolean(sms), sms && t("link.message", { id: sms.id, sources: new Set(sms.sightings.map((one) => one.source)).size }), t("link.no_message"), !isCredited);
  if (sms) {
    add(Boolean(sms.parse), sms.parse && t("link.read", { template: sms.parse.template_id, version: sms.parse.template_version, money: money(sms.money) }), t("link.not_read"), !isCredited);
    const order_ = sms.order_id;
    add(Boolean(order_), order_ && t("link.matched", { order: order_, rule: sms.match?.rule ?? "?" }), t("link.not_matched"), !isCredited);
    if (sms.review === "rejected") add(false, "", t("link.rejected"));
    else add(sms.review !== "need_check", sms.check ? t("link.checked", { by: sms.check.by, at: stamp(sms.check.at) }) : t("link.no_check_needed"), t("link.needs_check"), !isCredited);
  }
  if (!orderId) return found;
  if (!order.wallet_available) {
    add(false, "", t("link.wallet_away"), true);
    return found;
  }
  if (!wallet) {
    add(false, "", t("link.wallet_unknown", { order: orderId }));
    return found;
  }
  if (sms?.money) {
    const isSame = isSameAmount(sms.money.amount, wallet.amount) && sms.money.currency === wallet.currency;
    add(isSame, t("link.same_amount", { money: amount(wallet.amount, wallet.currency) }), t("link.other_amount", { deposit: money(sms.money), order: amount(wallet.amount, wallet.currency) }));
  }
  if (wallet.status === "approved") {
    add(recharge?.approval === "approved", t("link.approved", { by: closed?.by ?? "?", at: stamp(closed?.at) }), t("link.approved_elsewhere", { by: closed?.by ?? "?" }));
    add(isCredited, t("link.entry", { id: closed?.entry_id }), t("link.no_entry"));
    add(sms !== null && closed?.deposit_ref === `sms:${sms.id}`, t("link.deposit", { deposit: closed?.deposit_ref }), t("link.other_deposit", { deposit: closed?.deposit_ref ?? t("none") }));
    if (sms) add(sms.state === "settled", t("link.settled"), t("link.not_settled", { state: word("state", sms.state) }), true);
  } else {
    add(false, "", t("link.not_credited", { status: word("order_status", wallet.status) }), wallet.status === "open");
  }
  return found;
}

/** The answer in one sentence. */
export function credit({ sms, orderId, order }) {
  const wallet = order?.wallet;
  const closed = wallet?.closed;
  if (orderId && order && !order.wallet_available) return t("answer.unknown", { order: orderId });
  if (closed?.entry_id) {
    return t("answer.credited", { order: orderId, money: amount(wallet.amount, wallet.currency), user: wallet.user_id, at: stamp(closed.at), by: closed.by, deposit: closed.deposit_ref ?? "?" });
  }
  if (wallet) return t("answer.not_credited", { order: orderId, status: word("order_status", wallet.status) });
  return sms ? t("answer.no_order", { id: sms.id, state: word("state", sms.state) }) : t("answer.nothing", { order: orderId });
}
