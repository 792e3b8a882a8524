// The language of the console: what the operator chose on this device, else what the browser asks for, else English.

import en from "../words/en.js";
import ko from "../words/ko.js";
import zh from "../words/zh.js";

const WORDS = { ko, en, zh };
const KEPT = "recon.language";

/** The languages by their own names. */
export const LANGUAGES = [["ko", "한국어"], ["en", "English"], ["zh", "中文"]];

let language = chosen() ?? asked() ?? "en";

function chosen() {
  const kept = localStorage.getItem(KEPT);
  return kept in WORDS ? kept : null;
}

function asked() {
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in WORDS) ?? null;
}

/** The language in use. */
export function current() {
  return language;
}

/** Goes on in another language. */
export function choose(next) {
  language = next;
  localStorage.setItem(KEPT, next);
  document.documentElement.lang = next;
}

/** The sentence of a key, with `{name}` replaced. A key that nobody wrote shows itself. */
export function t(key, values) {
  const sentence = WORDS[language][key] ?? en[key] ?? key;
  return values ? sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : sentence;
}

/** The sentence of a word that the server sent: `prefix.word`, or the word itself where there is none. */
export function word(prefix, value) {
  if (value === null || value === undefined) return t("none");
  const key = `${prefix}.${value}`;
  return key in en ? t(key) : String(value);
}

document.documentElement.lang = language;
