// Text of strangers. Anyone can text the phone, so what cannot be seen is made to be seen, and nothing in it can be clicked.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const NAMES = new Map([
  [0x00ad, "SHY"], [0x034f, "CGJ"], [0x061c, "ALM"], [0x115f, "HCF"], [0x1160, "HJF"], [0x180e, "MVS"], [0x200b, "ZWSP"],
  [0x200c, "ZWNJ"], [0x200d, "ZWJ"], [0x200e, "LRM"], [0x200f, "RLM"], [0x2028, "LSEP"], [0x2029, "PSEP"], [0x202a, "LRE"],
  [0x202b, "RLE"], [0x202c, "PDF"], [0x202d, "LRO"], [0x202e, "RLO"], [0x2060, "WJ"], [0x2066, "LRI"], [0x2067, "RLI"],
  [0x2068, "FSI"], [0x2069, "PDI"], [0x3164, "HF"], [0xfeff, "BOM"], [0xffa0, "HHF"], [0xfffd, "?"],
]);
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff]|\p{Cs}/gu;

/** The parts of a text: strings, and marks in place of what cannot be seen. Line feeds stay. */
export function parts(text) {
  const found = [];
  let at = 0;
  for (const match of String(text ?? "").matchAll(UNSEEN)) {
    if (match.index > at) found.push(text.slice(at, match.index));
    found.push({ code: match[0].codePointAt(0) });
    at = match.index + match[0].length;
  }
  found.push(String(text ?? "").slice(at));
  return found.filter((part) => part !== "");
}

/** A text as nodes. It is isolated, so that no direction mark of it turns what stands beside it. */
export function plain(text, className) {
  const nodes = parts(text).map((part) => (typeof part === "string" ? part : mark(part.code)));
  return h("bdi", { class: className }, nodes);
}

/** A text that may have several lines. */
export function block(text) {
  return text === null || text === undefined
    ? h("p", { class: "quiet" }, t("text.purged"))
    : h("pre", { class: "sms-text", dir: "auto" }, plain(text));
}

/** Whether there is something in it that cannot be seen. */
export function hasUnseen(text) {
  return parts(text).some((part) => typeof part !== "string");
}

function mark(code) {
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const name = NAMES.get(code) ?? number;
  return h("span", { class: "unseen", title: t("text.unseen", { code: number }) }, `[${name}]`);
}
