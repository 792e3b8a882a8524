// Who did what: recon's audit log, newest first, narrowed by subject or operator.

import { fill, h } from "../dom.js";
import { t } from "../i18n.js";
import { call } from "../api.js";
import { stamp } from "../format.js";
import { bindKeys } from "../keys.js";
import { sentence } from "../dialog.js";
import { plain } from "../plain_text.js";
import { help } from "../help.js";

export function audit(main, path) {
  let isGone = false;
  const subject = h("input", { type: "search", id: "audit-subject", value: path.join("/"), placeholder: "sms/41", maxlength: 200 });
  const actor = h("input", { type: "search", id: "audit-actor", maxlength: 200 });
  const status = h("p", { class: "list-status", role: "status" });
  const body = h("tbody");
  const more = h("button", { type: "button", hidden: true }, t("list.older"));
  let cursor = null;

  async function load(isMore) {
    const filter = { limit: 100 };
    if (subject.value.trim()) filter.subject = subject.value.trim();
    if (actor.value.trim()) filter.actor = actor.value.trim();
    if (isMore && cursor) filter.cursor = cursor;
    try {
      const found = await call("/recon/audit", filter);
      if (isGone) return;
      const items = found.items ?? found.list;
      const rows = items.map(row);
      if (isMore) body.append(...rows);
      else fill(body, rows);
      cursor = found.next_cursor ?? null;
      more.hidden = !cursor;
      status.classList.remove("error");
      status.textContent = body.childElementCount === 0 ? t("list.empty") : t(cursor ? "audit.newest" : "list.count", { count: body.childElementCount });
    } catch (failure) {
      if (isGone) return;
      status.classList.add("error");
      status.textContent = sentence(failure);
    }
  }

  more.addEventListener("click", () => load(true));
  const submit = (event) => {
    event.preventDefault();
    load(false);
  };
  main.append(h("h1", null, t("page.audit")), h("p", { class: "explain" }, t("audit.what")),
    h("form", { class: "filters", on: { submit } },
      h("label", { class: "field", for: "audit-subject" }, t("audit.subject"), subject),
      h("label", { class: "field", for: "audit-actor" }, t("audit.operator"), actor),
      h("button", { type: "submit" }, t("search"))),
    status,
    h("div", { class: "scroll" }, h("table", null, h("thead", null, h("tr", null,
      ["audit.id", "audit.at", "audit.operator", "audit.action", "audit.subject", "audit.detail"].map((name) => h("th", { scope: "col" }, t(name))))), body)),
    h("div", { class: "actions" }, more));
  bindKeys([{ keys: ["/"], label: "key.search", run: () => subject.focus() }, { keys: ["?"], label: "key.help", run: help }]);
  load(false);
  return () => { isGone = true; };
}

/** One entry; its hash can be compared with what `recon audit verify` says. */
export function row(entry) {
  return h("tr", null,
    h("td", null, entry.id),
    h("td", { class: "nowrap" }, stamp(entry.at)),
    h("td", null, plain(entry.operator)),
    h("td", null, h("code", null, entry.action)),
    h("td", null, plain(entry.subject)),
    h("td", { class: "long" }, entry.detail && h("code", null, plain(JSON.stringify(entry.detail))),
      entry.hash && h("div", { class: "quiet hash", title: entry.hash }, entry.hash.slice(0, 12))));
}
