// The login. The token goes into a cookie that no script can read.

import { h } from "./dom.js";
import { LANGUAGES, choose, current, t } from "./i18n.js";
import { call } from "./api.js";
import { sentence } from "./dialog.js";

/** Shows the login; `entered()` goes on, `redraw()` shows it in another language. */
export function login(root, { entered, redraw, wasOver }) {
  const error = h("p", { class: "error", role: "alert" }, wasOver ? t("login.over") : null);
  const user = h("input", { id: "user", name: "username", autocomplete: "username", autocapitalize: "none", required: true });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const button = h("button", { type: "submit", class: "primary" }, t("login.enter"));
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.textContent = "";
    try {
      await call("/login", { username: user.value, password: password.value, cookie: true });
      await entered();
    } catch (failure) {
      error.textContent = sentence(failure);
      button.disabled = false;
      password.value = "";
      password.focus();
    }
  };
  root.replaceChildren(h("main", { class: "login" },
    h("form", { novalidate: true, on: { submit } },
      h("h1", null, "recon"),
      h("p", { class: "quiet" }, t("login.what")),
      h("label", { class: "field", for: "user" }, t("login.user"), user),
      h("label", { class: "field", for: "password" }, t("login.password"), password),
      error,
      h("div", { class: "actions" }, button)),
    languages(redraw)));
  user.focus();
}

/** The switch of languages. */
export function languages(redraw) {
  const select = h("select", { "aria-label": t("language"), class: "language", on: { change: () => { choose(select.value); redraw(); } } },
    LANGUAGES.map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === current() }, name)));
  return select;
}
