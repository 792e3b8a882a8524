// The keys that there are on this page.

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { bound } from "./keys.js";
import { show } from "./dialog.js";

/** Shows them. */
export function help() {
  const { pages, bindings } = bound();
  const row = (keys, label) => h("tr", null, h("td", null, keys), h("td", null, label));
  const key = (name) => h("kbd", null, NAMES[name] ?? name);
  return show(t("help.title"), () => [
    h("table", { class: "keys" }, h("tbody", null,
      bindings.filter((binding) => binding.label).map(({ keys, label, hint }) =>
        row(hint ? h("kbd", null, hint) : keys.flatMap((name, at) => (at ? [" ", key(name)] : [key(name)])), t(label))))),
    h("h3", null, t("help.pages")),
    h("table", { class: "keys" }, h("tbody", null,
      pages.map(([letter, { label }]) => row([key("g"), " ", key(letter)], t(label))))),
    h("p", { class: "quiet" }, t("help.dialogs")),
  ]);
}

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", Enter: "↵", Escape: "Esc" };
