// Says what happened, for the eye and for screen readers.

import { h } from "./dom.js";
import { t } from "./i18n.js";

const STAYS_MS = 6_000;
const box = h("div", { class: "notices", role: "status", "aria-live": "polite" });

/** The element that notices appear in. */
export function notices() {
  return box;
}

/** Says it: `ok` for what was done, `warn` for what needs a look, which stays until it is closed. */
export function say(kind, ...content) {
  const item = h("div", { class: `notice ${kind}` }, h("span", null, ...content),
    h("button", { type: "button", class: "icon", "aria-label": t("close"), on: { click: () => item.remove() } }, "×"));
  box.append(item);
  while (box.childElementCount > 4) box.firstElementChild.remove();
  if (kind === "ok") setTimeout(() => item.remove(), STAYS_MS);
}
