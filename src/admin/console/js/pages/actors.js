// The loops of the daemon: which are fresh, which are not and why, and starting one anew.

import { fill, h, named, table } from "../dom.js";
import { t, word } from "../i18n.js";
import { call } from "../api.js";
import { age, seconds, stamp } from "../format.js";
import { onChange } from "../live.js";
import { bindKeys } from "../keys.js";
import { ask, sentence } from "../dialog.js";
import { say } from "../notice.js";
import { may } from "../session.js";
import { plain } from "../plain_text.js";
import { help } from "../help.js";

export function actors(main) {
  let isGone = false;
  let timer = 0;
  let shown = null;
  const status = h("p", { class: "list-status", role: "status" });
  const body = h("tbody");
  const names = ["actor", "actor.state", "actor.progress", "actor.deadline", "actor.restarts", "actor.error", "actions"].map((name) => t(name));
  main.append(h("h1", null, t("page.actors")), h("p", { class: "explain" }, t("actors.what")), status,
    table(names, body));

  async function load() {
    try {
      const found = await call("/recon/actors");
      if (isGone) return;
      shown = found.list;
      status.classList.remove("error");
      draw();
    } catch (failure) {
      if (isGone) return;
      status.classList.add("error");
      status.textContent = `${sentence(failure)} ${shown ? t("list.old") : ""}`;
    }
  }

  function draw() {
    const stale = shown.filter((actor) => !actor.fresh).length;
    status.textContent = stale === 0 ? t("actors.fresh", { count: shown.length }) : t("actors.stale", { stale, count: shown.length });
    // What is not fresh stands first.
    const sorted = [...shown].sort((one, other) => Number(one.fresh) - Number(other.fresh) || one.id.localeCompare(other.id));
    fill(body, sorted.map((actor) => named(row(actor), names)));
  }

  function row(actor) {
    return h("tr", { class: actor.fresh ? null : "stale" },
      h("th", { scope: "row" }, h("span", { class: "id" }, actor.id), h("br"), h("span", { class: "quiet" }, t(actor.critical ? "actor.critical" : "actor.usual"), " · ", actor.process)),
      h("td", null, h("span", { class: `chip ${actor.fresh ? "fresh" : "grave"}` }, actor.fresh ? t("actor.fresh") : t("actor.stale")), " ", word("actor_state", actor.state)),
      h("td", { title: stamp(actor.last_progress_at) }, actor.last_progress_at ? t("ago", { age: age(actor.last_progress_at) }) : t("none"),
        actor.lag_s !== undefined && actor.lag_s > 0 && [h("br"), t("actor.lag", { age: seconds(actor.lag_s) })]),
      h("td", null, seconds(actor.deadline_s)),
      h("td", null, actor.restarts),
      h("td", { class: "long" }, actor.last_error && plain(actor.last_error)),
      h("td", null, may("control") && h("button", { type: "button", class: "small", on: { click: () => restart(actor) } }, t("act.restart"))));
  }

  async function restart(actor) {
    await ask({
      title: t("ask.restart", { id: actor.id }),
      action: t("act.restart"),
      note: { label: t("note.why"), needed: true },
      body: h("p", { class: "quiet" }, t("ask.restart.what")),
      run: async (reason) => {
        await call("/recon/actors/restart", { id: actor.id, reason });
        say("ok", t("done.restart", { id: actor.id }));
        refreshSoon();
      },
    });
  }

  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(load, 400);
  }

  bindKeys([{ keys: ["?"], label: "key.help", run: help }]);
  const end = onChange((change) => ["actor", "*"].includes(change.topic) && refreshSoon());
  // Progress is news each second, and nobody tells of it.
  const poll = setInterval(() => document.hidden || load(), 5_000);
  load();
  return () => {
    isGone = true;
    end();
    clearTimeout(timer);
    clearInterval(poll);
  };
}
