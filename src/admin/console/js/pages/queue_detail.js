// The message that is looked at, and what can be done with it. What is done names the version that was looked at: where somebody
// else was faster, nothing is overwritten and the state of now is shown.

import { fill, h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { CODE, call } from "../api.js";
import { money, stamp } from "../format.js";
import { ask, sentence } from "../dialog.js";
import { say } from "../notice.js";
import { may } from "../session.js";
import { plain } from "../plain_text.js";
import { evidence, head } from "../evidence/sms.js";
import { approve } from "./approve.js";

const CHECKS = { confirm: 2, reject: 3, reopen: 0 };

/** The pane. `decided(id, sms)` is told of what was done, `changed()` of what somebody else did. */
export function detailPane({ decided, changed }) {
  const element = h("div", { class: "pane" });
  let sms = null;
  let wanted = null;
  let isGone = false;

  async function show(id, version) {
    if (id === null || id === undefined) {
      wanted = null;
      sms = null;
      fill(element, h("p", { class: "quiet empty" }, t("queue.choose")));
      return;
    }
    if (wanted === id && sms?.id === id && (version === undefined || sms.version === version)) return;
    wanted = id;
    try {
      const found = await call("/recon/sms", { id });
      if (isGone || wanted !== id) return;
      const isSame = sms?.id === id;
      sms = found;
      draw();
      if (!isSame) element.parentElement?.scrollTo?.(0, 0);
    } catch (failure) {
      if (isGone || wanted !== id) return;
      if (sms?.id !== id) sms = null;
      const words = failure.code === CODE.notFound ? t("sms.not_found", { id }) : sentence(failure);
      if (sms) element.prepend(h("p", { class: "error", role: "alert" }, words, " ", t("list.old")));
      else fill(element, h("p", { class: "error", role: "alert" }, words));
    }
  }

  function draw() {
    fill(element, head(sms), actions(), h("p", { class: "claim" }, t("claim")),
      evidence(sms, { pick: canLink() ? (orderId) => check("confirm", orderId) : undefined }));
  }

  /** Only a deposit that no order has can be given one. */
  function canLink() {
    return may("check") && ["ambiguous", "unmatched", "parsed"].includes(sms.state) && sms.review !== "rejected";
  }

  function possible() {
    return {
      // What is not read yet would be hidden by a confirmation; recon refuses it.
      confirm: may("check") && sms.review !== "confirmed" && !["held", "received", "accepted"].includes(sms.state),
      reject: may("check") && sms.review !== "rejected" && sms.state !== "settled",
      reopen: may("check") && ["confirmed", "rejected"].includes(sms.review) && sms.state !== "settled",
      reset: may("reset") && sms.state !== "settled",
      approve: may("approve") && sms.state === "matched" && sms.order_id,
    };
  }

  function actions() {
    const can = possible();
    // Whose role may not do it at all is not offered it.
    const button = (name, key, kind) => may({ reset: "reset", approve: "approve" }[name] ?? "check") && h("button", {
      type: "button", class: kind, disabled: !can[name], "aria-keyshortcuts": key, on: { click: () => act(name) },
    }, t(`act.${name}`), " ", h("kbd", null, key));
    return h("div", { class: "actions sticky" },
      button("confirm", "c", "primary"), button("reject", "x", "danger"), button("reopen", "o"), button("reset", "r"),
      button("approve", "a", "money"), link(["story", "sms", sms.id], { class: "button" }, t("page.story"), " ", h("kbd", null, "s")),
      may("manage") && sms.state === "unparsed" && link(["templates", "from", sms.id], { class: "button" }, t("read.make_template")));
  }

  function act(name) {
    if (!sms || wanted !== sms.id) return;
    if (!possible()[name]) {
      say("warn", t(`act.${name}.not`));
      return;
    }
    if (name === "approve") approve(sms.order_id, { sms, done: () => { changed(); show(sms.id, null); } });
    else if (name === "reset") reset();
    else check(name);
  }

  function pick(at) {
    const open = sms?.match?.candidates[at];
    if (open && canLink() && open.verdict !== "chosen") check("confirm", open.order_id);
  }

  /** The dialog keeps the version that was looked at, whatever happens behind it. */
  async function check(decision, orderId) {
    const { id, version } = sms;
    await ask({
      title: t(`ask.${decision}`, { id }),
      danger: decision === "reject",
      action: t(`act.${decision}`),
      note: { label: t(decision === "reject" ? "note.why" : "note.optional"), needed: decision === "reject" },
      body: [
        h("p", null, h("b", null, money(sms.money)), sms.depositor && [" · ", plain(sms.depositor)], " · ", stamp(sms.occurred_at)),
        orderId ? h("p", null, t("ask.link", { order: orderId })) : sms.order_id ? h("p", null, t("ask.linked", { order: sms.order_id })) : decision === "confirm" && h("p", null, t("ask.no_order")),
        h("p", { class: "quiet" }, t(`ask.${decision}.what`)),
        decision === "confirm" && sms.chain?.open && h("p", { class: "warning" }, t("ask.confirm.break")),
      ],
      run: async (note) => {
        try {
          const body = { id, check_status: CHECKS[decision], version, ...(note && { note }), ...(orderId && { order_id: orderId }) };
          await call("/shooter/sms/check", body);
        } catch (failure) {
          if (failure.code !== CODE.conflict) throw failure;
          await overtaken(id, version);
          return false;
        }
        const now = await call("/recon/sms", { id });
        say("ok", t(`done.${decision}`, { id }));
        decided(id, now);
        if (wanted === id) {
          sms = now;
          draw();
        }
        return true;
      },
    });
  }

  /** Somebody was faster, or the order is taken: the state of now is shown, and nothing was written. */
  async function overtaken(id, seen) {
    const now = await call("/recon/sms", { id });
    const last = now.version !== seen && now.history.at(-1);
    if (wanted === id) {
      sms = now;
      draw();
      element.prepend(h("div", { class: "conflict", role: "alert" },
        h("b", null, t(now.version === seen ? "conflict.order" : "conflict")), " ",
        last && t("conflict.last", { at: stamp(last.at), actor: last.actor.replace(/^operator:/, "") }), " ",
        t("conflict.now", { state: word("state", now.state), review: word("review", now.review) }),
        now.check?.note && [" ", plain(now.check.note)]));
    }
    if (last) say("warn", t("conflict.short", { id }));
    changed();
  }

  async function reset() {
    const { id } = sms;
    await ask({
      title: t("ask.reset", { id }),
      action: t("act.reset"),
      body: h("p", null, t("ask.reset.what")),
      run: async () => {
        const done = await call("/shooter/sms/reset", { id });
        if (done.reset > 0) say("ok", t("done.reset", { id }));
        else say("warn", t("reset.skipped", { id }), " ", plain(done.skipped?.[0]?.reason ?? ""));
        wanted = null;
        await show(id);
        changed();
      },
    });
  }

  return {
    element,
    show,
    act,
    pick,
    focus: () => element.querySelector("#sms-title")?.focus(),
    end: () => { isGone = true; },
  };
}
