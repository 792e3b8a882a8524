// The balance chain: whether the balance of the text follows from the one before, and what is missing where it does not.

import { h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { money, stamp } from "../format.js";
import { plain } from "../plain_text.js";
import { facts } from "./sms.js";

/** The link of a message; null where it is in no chain. */
export function chain(link_) {
  if (!link_) return h("p", { class: "quiet" }, t("chain.none"));
  const isBreak = link_.open;
  return [
    h("p", { class: isBreak ? "warning" : null },
      h("b", null, word("chain", link_.verdict)), ": ", t(`chain.${link_.verdict}.why`),
      isBreak && link_.missing && [" ", h("b", null, t("chain.missing", { money: money(link_.missing) }))]),
    facts([
      ["chain.account", link_.account && plain(link_.account)],
      ["chain.previous", link_.previous_balance && [money(link_.previous_balance), " ",
        link_.previous_sms_id && link(["queue", "sms", link_.previous_sms_id], null, `#${link_.previous_sms_id}`)]],
      ["chain.moved", money(link_.moved)],
      ["chain.expected", link_.expected && money(link_.expected)],
      ["chain.stated", link_.stated && money(link_.stated)],
      ["chain.repeats", link_.repeats_sms_id && link(["queue", "sms", link_.repeats_sms_id], null, `#${link_.repeats_sms_id}`)],
      ["chain.accepted", link_.accepted && [link_.accepted.by, " · ", stamp(link_.accepted.at),
        link_.accepted.note && [" · ", plain(link_.accepted.note)]]],
    ]),
    isBreak && h("p", { class: "quiet" }, t("chain.what_to_do")),
    recorded(link_.sentence),
  ];
}

/** The sentence as recon keeps it, in English: what an auditor finds in the database. */
export function recorded(sentence) {
  return sentence && h("p", { class: "recorded", lang: "en" }, h("span", null, t("recorded")), " ", plain(sentence));
}
