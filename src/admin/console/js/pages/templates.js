// The templates by which texts are read: the list, what a change would do to stored messages, and a new one made of an example.

import { fill, h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { all, call } from "../api.js";
import { stamp } from "../format.js";
import { onChange } from "../live.js";
import { bindKeys } from "../keys.js";
import { sentence, show } from "../dialog.js";
import { may } from "../session.js";
import { plain } from "../plain_text.js";
import { help } from "../help.js";
import { deleter } from "./table.js";
import { maker } from "./template_maker.js";
import { samples } from "./template_trial.js";

const MOST = 2_000;

export function templates(main, path) {
  let isGone = false;
  let timer = 0;
  const chosen = /^\d+$/.test(path[0] ?? "") ? Number(path[0]) : null;
  const status = h("p", { class: "list-status", role: "status" });
  const list = h("ul", { class: "templates" });
  main.append(h("h1", null, t("page.templates")), h("p", { class: "explain" }, t("templates.what")));
  if (may("manage")) main.append(maker(path[0] === "from" ? Number(path[1]) : null, refreshSoon));
  main.append(status, list);

  async function load() {
    try {
      const found = await all("/recon/template/list", {}, MOST);
      if (isGone) return;
      status.classList.remove("error");
      status.textContent = found.total === 0 ? t("templates.none") : t("list.count", { count: found.total });
      fill(list, found.items.map((template) => one(template)));
      if (chosen !== null) list.querySelector(".chosen")?.scrollIntoView({ block: "start" });
    } catch (failure) {
      if (isGone) return;
      status.classList.add("error");
      status.textContent = sentence(failure);
    }
  }

  function one(template) {
    const isChosen = template.id === chosen;
    return h("li", { class: isChosen ? "chosen" : null }, h("details", { open: isChosen },
      h("summary", null, h("span", { class: "id" }, `#${template.id}`), " ", h("b", null, plain(template.name)), " ",
        h("span", { class: `chip ${template.enabled ? "fresh" : ""}` }, t(template.enabled ? "template.on" : "template.off")), " ",
        h("span", { class: "quiet" }, plain(template.senders.join(", ")))),
      h("pre", { class: "pattern" }, plain(template.pattern)),
      h("p", { class: "quiet" }, [template.kind, word("direction", template.direction), template.currency, template.timezone, `${t("field.version")} ${template.version}`, stamp(template.updated_at)].join(" · ")),
      h("div", { class: "actions" },
        h("button", { type: "button", on: { click: () => backtest(template) } }, t("template.backtest")),
        link(["audit", "template", template.id], { class: "button" }, t("page.audit")),
        may("manage") && deleter(template.name, async () => { await call("/shooter/template/delete", { id: template.id }); refreshSoon(); }))));
  }

  async function backtest(template) {
    let done;
    try {
      done = await call("/recon/template/backtest", { id: template.id });
    } catch (failure) {
      await show(t("template.backtest"), () => h("p", { class: "error" }, sentence(failure)));
      return;
    }
    await show(t("template.backtest.title", { name: template.name }), () => [
      h("p", null, t("template.backtest.result", { examined: done.examined, new: done.new, lost: done.lost, changed: done.changed })),
      samples(done.samples),
    ], { wide: true });
  }

  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(load, 400);
  }

  bindKeys([{ keys: ["?"], label: "key.help", run: help }]);
  const end = onChange((change) => ["template", "*"].includes(change.topic) && refreshSoon());
  load();
  return () => {
    isGone = true;
    end();
    clearTimeout(timer);
  };
}
