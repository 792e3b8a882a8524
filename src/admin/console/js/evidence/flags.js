// The reasons that stand on a message, in words.

import { h } from "../dom.js";
import { t, word } from "../i18n.js";

/** Those that speak of forgery or of a movement that is missing. */
const GRAVE = new Set(["chain_break", "suspicious_text", "twin", "unlisted_sender", "id_reused", "possible_gap"]);

/** Short, for a list. */
export function flagChips(flags) {
  return flags.map((flag) => h("span", { class: `chip flag ${GRAVE.has(flag) ? "grave" : ""}` }, word("flag", flag)));
}

/** With what each means. */
export function flagList(flags) {
  return h("ul", { class: "flags" }, flags.map((flag) =>
    h("li", { class: GRAVE.has(flag) ? "grave" : null }, h("b", null, word("flag", flag)), ": ", t(`flag.${flag}.why`))));
}
