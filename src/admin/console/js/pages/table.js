// A page with one list of things that are added and deleted: devices, phones.

import { fill, h, named, table } from "../dom.js";
import { t } from "../i18n.js";
import { onChange } from "../live.js";
import { ask, sentence } from "../dialog.js";
import { say } from "../notice.js";
import { page } from "../api.js";

/**
 * A list. `columns`: `[label, cell(item)]`; `topic` is what it is refreshed by; `empty` is said where there is nothing.
 * Answers its element, `load()` and `end()`.
 */
export function listing({ path, columns, topic, empty }) {
  let isGone = false;
  let timer = 0;
  let had = false;
  const status = h("p", { class: "list-status", role: "status" });
  const body = h("tbody");
  const names = columns.map(([label]) => t(label));
  const element = h("div", null, status, table(names, body));

  async function load() {
    try {
      const found = await page(path, {});
      if (isGone) return;
      had = true;
      status.classList.remove("error");
      status.textContent = found.total === 0 ? t(empty) : t("list.count", { count: found.total });
      fill(body, found.list.map((item) => named(h("tr", null, columns.map(([, cell]) => h("td", null, cell(item)))), names)));
    } catch (failure) {
      if (isGone) return;
      status.classList.add("error");
      status.textContent = `${sentence(failure)} ${had ? t("list.old") : ""}`;
    }
  }

  const end = onChange((change) => {
    if (change.topic !== topic && change.topic !== "*") return;
    clearTimeout(timer);
    timer = setTimeout(load, 400);
  });
  load();
  return {
    element,
    load,
    end: () => {
      isGone = true;
      end();
      clearTimeout(timer);
    },
  };
}

/** A button that deletes a thing after it was asked. */
export function deleter(name, run) {
  return h("button", {
    type: "button", class: "small danger",
    on: { click: () => ask({ title: t("ask.delete", { name }), danger: true, action: t("act.delete"), body: h("p", null, t("ask.delete.what")), run }) },
  }, t("act.delete"));
}

/** A form in a fold: `fields` are `{name, label, type?, needed?, hint?}`; `run(values)` adds it. */
export function adder(label, fields, run) {
  const error = h("p", { class: "error", role: "alert" });
  const inputs = fields.map(({ name, type = "text", needed = false }) =>
    [name, h("input", { id: `add-${name}`, name, type, required: needed, maxlength: 2000, autocomplete: type === "password" ? "new-password" : "off" })]);
  const form = h("form", {
    class: "add", novalidate: true,
    on: {
      submit: async (event) => {
        event.preventDefault();
        error.textContent = "";
        try {
          await run(Object.fromEntries(inputs.map(([name, input]) => [name, input.value.trim()]).filter(([, value]) => value)));
          form.reset();
          say("ok", t("done.add"));
        } catch (failure) {
          error.textContent = sentence(failure);
        }
      },
    },
  },
  fields.map(({ label: words, hint, needed }, at) => h("label", { class: "field", for: inputs[at][1].id },
    h("span", null, t(words), needed && h("span", { class: "quiet" }, ` (${t("needed")})`)), inputs[at][1], hint && h("small", { class: "quiet" }, t(hint)))),
  error, h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, t("act.add"))));
  return h("details", { class: "adder" }, h("summary", null, t(label)), form);
}
