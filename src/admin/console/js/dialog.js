// Dialogs: the browser's own, which keeps the focus inside and gives it back.

import { h } from "./dom.js";
import { t } from "./i18n.js";

let number = 0;

/** Shows a dialog. `content(close)` answers its elements. Resolves with what `close` is given; undefined where it was left. */
export function show(title, content, { wide = false } = {}) {
  return new Promise((resolve) => {
    number += 1;
    const id = `dialog-${number}`;
    let answer;
    const dialog = h("dialog", { class: wide ? "wide" : null, "aria-labelledby": id });
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    dialog.append(
      h("header", null, h("h2", { id, tabindex: "-1" }, title),
        h("button", { type: "button", class: "icon", "aria-label": t("close"), on: { click: () => close() } }, "×")),
      h("div", { class: "dialog-body" }, content(close)),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector("[data-first]") ?? dialog.querySelector("h2")).focus();
  });
}

/**
 * Asks before something is done. `run(note)` does it; what it throws is shown and the dialog stays. Ctrl+Enter does it from
 * anywhere in the dialog; Enter does where the focus is on the button, and in the one-line note unless it is `careful`: what
 * moves money is not begun by a reflex. Where it is `barred`, it cannot be done at all.
 */
export function ask({ title, body, action, danger = false, careful = false, barred = false, note = null, wide = false, run }) {
  return show(title, (close) => {
    const error = h("p", { class: "error", role: "alert" });
    const field = note && h("input", {
      type: "text", id: `note-${number}`, maxlength: 1000, autocomplete: "off", required: note.needed, data: careful ? {} : { first: "" },
    });
    const button = h("button", { type: "submit", class: danger ? "danger" : "primary", disabled: barred, data: note || careful ? {} : { first: "" } }, action);
    const form = h("form", {
      novalidate: true,
      on: {
        submit: async (event) => {
          event.preventDefault();
          if (button.disabled) return;
          const text = field?.value.trim() ?? "";
          if (note?.needed && !text) {
            error.textContent = t("note.needed");
            field.focus();
            return;
          }
          button.disabled = true;
          error.textContent = "";
          try {
            close(await run(text || null) ?? true);
          } catch (failure) {
            error.textContent = sentence(failure);
            button.disabled = false;
          }
        },
        keydown: (event) => {
          if (event.key !== "Enter") return;
          if (event.ctrlKey) form.requestSubmit();
          else if (careful && event.target === field) event.preventDefault();
        },
      },
    },
    body,
    field && h("label", { class: "field", for: field.id }, note.label, field),
    error,
    h("div", { class: "actions" }, button, h("button", { type: "button", on: { click: () => close() } }, t("cancel"))));
    return form;
  }, { wide });
}

/** What went wrong, in a sentence. */
export function sentence(failure) {
  if (failure?.code === -1) return t("error.offline");
  const errors = (failure?.errors ?? []).map((wrong) => [wrong.field, wrong.message].filter(Boolean).join(": "));
  return [failure?.message ?? String(failure), ...errors].join(" ");
}
