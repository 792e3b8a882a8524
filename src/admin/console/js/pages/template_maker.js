// A template made of examples: a text is pasted, its values are selected with the mouse or with Shift and the arrows and named,
// the template is suggested, tried on other texts and on stored messages, and saved.

import { fill, h } from "../dom.js";
import { t, word } from "../i18n.js";
import { call } from "../api.js";
import { sentence } from "../dialog.js";
import { say } from "../notice.js";
import { block, hasUnseen, plain } from "../plain_text.js";
import { reading, samples } from "./template_trial.js";

const FIELDS = ["amount", "name", "balance", "account", "date", "time", "datetime", "reference", "kind", "sender_bank", "memo"];
const EXAMPLES_MOST = 5;

/** The maker in a fold; `smsId` is a message whose text it starts with, `saved()` is told of a new template. */
export function maker(smsId, saved) {
  const examples = [];
  const box = h("div");
  const error = h("p", { class: "error", role: "alert" });
  const result = h("div", { "aria-live": "polite" });
  const senders = h("input", { id: "maker-senders", type: "text", placeholder: "15881688", autocomplete: "off" });
  const another = h("button", { type: "button", on: { click: () => add("") } }, t("maker.another"));
  const suggest = h("button", { type: "button", class: "primary", on: { click: () => ask() } }, t("maker.suggest"));

  function add(text) {
    if (examples.length >= EXAMPLES_MOST) return;
    const one = example(examples.length + 1, text);
    examples.push(one);
    box.append(one.element);
    another.disabled = examples.length >= EXAMPLES_MOST;
  }

  async function ask() {
    error.textContent = "";
    try {
      const body = { examples: examples.map((one) => one.value()).filter((one) => one.text) };
      const list = senders.value.split(",").map((sender) => sender.trim()).filter(Boolean);
      if (list.length > 0) body.senders = list;
      suggest.disabled = true;
      const done = await call("/recon/template/suggest", body);
      fill(result, suggested(done, () => {
        fill(result);
        examples.splice(0).forEach((one) => one.element.remove());
        add("");
        saved();
      }));
      result.querySelector("h3").focus();
    } catch (failure) {
      fill(result);
      error.textContent = sentence(failure);
    } finally {
      suggest.disabled = false;
    }
  }

  const fold = h("details", { class: "adder", open: smsId !== null }, h("summary", null, t("maker.open")),
    h("p", { class: "explain" }, t("maker.how")), box,
    h("label", { class: "field", for: "maker-senders" }, t("maker.senders"), senders),
    error, h("div", { class: "actions" }, suggest, another), result);
  if (smsId === null) add("");
  else {
    call("/recon/sms", { id: smsId }).then((sms) => {
      senders.value = sms.sender;
      add(sms.text ?? "");
    }, (failure) => {
      error.textContent = sentence(failure);
      add("");
    });
  }
  return fold;
}

/** One text with its marks. */
function example(number, text) {
  const marks = new Map();
  const field = h("textarea", { id: `maker-text-${number}`, rows: 7, spellcheck: "false", value: text, maxlength: 4000, on: { input: () => { marks.clear(); draw(); } } });
  const list = h("ul", { class: "marks", "aria-live": "polite" });
  // A field shows nothing of what cannot be seen.
  const seen = h("div");
  const buttons = h("div", { class: "actions", role: "group", "aria-label": t("maker.mark") }, FIELDS.map((name) =>
    // The selection must survive the press.
    h("button", { type: "button", class: "small", on: { mousedown: (event) => event.preventDefault(), click: () => mark(name) } }, word("template_field", name))));

  function mark(name) {
    const [start, end] = [field.selectionStart, field.selectionEnd];
    if (start === end) {
      fill(list, h("li", { class: "error" }, t("maker.select_first")), [...marks].map(item));
      return;
    }
    marks.set(name, { start, end });
    draw();
  }

  function item([name, { start, end }]) {
    return h("li", null, h("b", null, word("template_field", name)), " ", h("mark", null, plain(field.value.slice(start, end))), " ",
      h("button", { type: "button", class: "icon", "aria-label": t("maker.unmark", { field: word("template_field", name) }), on: { click: () => { marks.delete(name); draw(); } } }, "×"));
  }

  function draw() {
    fill(list, [...marks].map(item));
    fill(seen, hasUnseen(field.value) && [h("p", { class: "warning" }, t("text.has_unseen")), block(field.value)]);
  }
  draw();

  /** Places are counted in characters, as recon counts them; the browser counts UTF-16. */
  const at = (index) => [...field.value.slice(0, index)].length;
  return {
    element: h("div", { class: "example" }, h("label", { class: "field", for: field.id }, t("maker.example", { number }), field), seen, h("p", { class: "quiet" }, t("maker.mark")), buttons, list),
    value: () => ({
      text: field.value,
      fields: Object.fromEntries([...marks].map(([name, { start, end }]) => [name, { value: field.value.slice(start, end), start: at(start), end: at(end) }])),
    }),
  };
}

/** The suggested template: it can be named, tried and saved. */
function suggested(done, saved) {
  const template = done.template;
  const error = h("p", { class: "error", role: "alert" });
  const tried = h("div", { "aria-live": "polite" });
  const name = h("input", { id: "maker-name", type: "text", value: template.name, maxlength: 100 });
  const pattern = h("textarea", { id: "maker-pattern", rows: 6, spellcheck: "false", class: "pattern", value: template.pattern });
  const texts = h("textarea", { id: "maker-try", rows: 4, spellcheck: "false" });
  const current = () => ({ ...template, name: name.value.trim(), pattern: pattern.value });
  const attempt = async (run) => {
    error.textContent = "";
    try {
      await run();
    } catch (failure) {
      error.textContent = sentence(failure);
    }
  };
  const test = () => attempt(async () => {
    const list = texts.value.split(/^---$/m).map((text) => text.trim()).filter(Boolean);
    const found = await call("/recon/template/test", { template: current(), texts: list.length > 0 ? list : template.samples.map((sample) => sample.text) });
    fill(tried, found.results.map((result) => h("div", { class: "tried" }, reading(result))));
  });
  const save = () => attempt(async () => {
    const added = await call("/recon/template/add", { template: current() });
    say("ok", t("maker.saved", { name: added.name, id: added.id }));
    saved();
  });
  return [
    h("h3", { tabindex: "-1" }, t("maker.result")),
    done.warnings.length > 0 && h("ul", { class: "warning" }, done.warnings.map((words) => h("li", null, plain(words)))),
    h("label", { class: "field", for: "maker-name" }, t("field.name"), name),
    h("label", { class: "field", for: "maker-pattern" }, t("field.pattern"), pattern),
    h("p", { class: "quiet" }, [word("direction", template.direction), template.currency, template.timezone, template.senders.join(", ")].join(" · ")),
    h("h4", null, t("maker.reads")), done.results.map((result) => h("div", { class: "tried" }, reading(result))),
    h("h4", null, t("maker.history")),
    h("p", null, t("maker.history.result", { examined: done.history.examined, matched: done.history.matched, new: done.history.new, changed: done.history.changed })),
    samples(done.history.samples),
    h("label", { class: "field", for: "maker-try" }, t("maker.try"), texts), tried, error,
    h("div", { class: "actions" }, h("button", { type: "button", class: "primary", on: { click: save } }, t("act.save")), h("button", { type: "button", on: { click: test } }, t("maker.test"))),
  ];
}
