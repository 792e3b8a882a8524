// What a template reads, from texts and from stored messages.

import { h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { stamp } from "../format.js";
import { block, plain } from "../plain_text.js";
import { flagChips } from "../evidence/flags.js";

/** What was read from one text. */
export function reading(result) {
  if (!result.matched) return h("p", { class: "warning" }, t("template.no_fit"));
  return [
    h("dl", { class: "facts" }, Object.entries(result.fields).map(([name, value]) => [h("dt", null, h("code", null, name)), h("dd", null, plain(value))])),
    result.flags.length > 0 && h("p", { class: "chips" }, flagChips(result.flags)),
  ];
}

/** Stored messages and what changes about each. */
export function samples(list) {
  return h("ul", { class: "samples" }, list.map((sample) => h("li", { class: `change-${sample.change}` },
    h("p", null, link(["queue", "sms", sample.sms_id], { on: { click: () => document.querySelector("dialog[open]")?.close() } }, `#${sample.sms_id}`), " ",
      h("span", { class: "chip" }, word("change", sample.change)), " ", h("span", { class: "quiet" }, stamp(sample.received_at))),
    h("details", null, h("summary", null, t("evidence.text")), block(sample.text)),
    differences(sample))));
}

function differences({ before, after }) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return h("dl", { class: "facts" }, names.map((name) => [h("dt", null, h("code", null, name)),
    h("dd", null, before[name] === after[name] ? plain(after[name])
      : [plain(before[name] ?? "–"), " → ", h("b", null, plain(after[name] ?? "–"))])]));
}
