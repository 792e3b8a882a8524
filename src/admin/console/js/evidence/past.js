// What happened to a message: every change with who and why, the person's check, and attempts that failed.

import { h } from "../dom.js";
import { t, word } from "../i18n.js";
import { stamp } from "../format.js";
import { plain } from "../plain_text.js";

/** The history, oldest first. */
export function history(sms) {
  return [
    sms.check && h("p", null, h("b", null, t("check.by", { by: sms.check.by, at: stamp(sms.check.at) })),
      sms.check.note && [" ", plain(sms.check.note)]),
    h("ol", { class: "history" }, sms.history.map((change) => h("li", null,
      h("time", { datetime: change.at }, stamp(change.at)), " ",
      h("span", { class: "actor" }, actorName(change.actor)), " ",
      word("state", change.from), " → ", h("b", null, word("state", change.to)),
      change.review !== "none" && [" · ", word("review", change.review)],
      change.reason && [" · ", plain(change.reason)]))),
    sms.attempts.length > 0 && [
      h("h4", null, t("attempts")),
      h("ul", null, sms.attempts.map((attempt) =>
        h("li", null, stamp(attempt.at), " · ", attempt.stage, ": ", plain(attempt.error)))),
    ],
  ];
}

/** A loop by its name, a person by theirs. */
export function actorName(actor) {
  const [kind, name] = String(actor).split(/:(.*)/s);
  return kind === "operator" && name ? plain(name) : plain(actor);
}
