// Who did what, newest first, narrowed by subject or operator: recon's audit log, and that of the admin edge itself.

import { fill, h, named, table } from "../dom.js";
import { t } from "../i18n.js";
import { page } from "../api.js";
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
  const of = h("select", { id: "audit-of", on: { change: () => load(false) } },
    ["recon", "edge"].map((value) => h("option", { value }, t(`audit.of.${value}`))));
  let number = 1;

  async function load(isMore) {
    const filter = { of: of.value };
    if (subject.value.trim()) filter.subject = subject.value.trim();
    if (actor.value.trim()) filter.actor = actor.value.trim();
    number = isMore ? number + 1 : 1;
    try {
      const found = await page("/recon/audit", filter, number);
      if (isGone) return;
      const rows = found.list.map(row);
      if (isMore) body.append(...rows);
      else fill(body, rows);
      more.hidden = body.childElementCount >= found.total;
      status.classList.remove("error");
      status.textContent = found.total === 0 ? t("list.empty") : t("list.count", { count: found.total });
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
      h("label", { class: "field", for: "audit-of" }, t("audit.of"), of),
      h("button", { type: "submit" }, t("search"))),
    status,
    table(columns(), body),
    h("div", { class: "actions" }, more));
  bindKeys([{ keys: ["/"], label: "key.search", run: () => subject.focus() }, { keys: ["?"], label: "key.help", run: help }]);
  load(false);
  return () => { isGone = true; };
}

/** The names of an entry's cells. */
export function columns() {
  return ["audit.id", "audit.at", "audit.operator", "audit.action", "audit.subject", "audit.detail"].map((name) => t(name));
}

/** One entry; its hash can be compared with what `recon audit verify` says. */
export function row(entry) {
  return named(h("tr", null,
    h("td", null, entry.id),
    h("td", { class: "nowrap" }, stamp(entry.at)),
    h("td", null, plain(entry.operator)),
    h("td", null, h("code", null, entry.action)),
    h("td", null, plain(entry.subject)),
    h("td", { class: "long" }, entry.detail && h("code", null, plain(JSON.stringify(entry.detail))),
      entry.hash && h("div", { class: "quiet hash", title: entry.hash }, entry.hash.slice(0, 12)))), columns());
}
