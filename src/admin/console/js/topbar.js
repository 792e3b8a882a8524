// One look: whether all is well in words and colour, and the counters with the time that they are of.

import { fill, h, link } from "./dom.js";
import { t } from "./i18n.js";
import { clock, seconds } from "./format.js";
import { liveState, onState } from "./live.js";
import { heard, onStanding } from "./standing.js";
import { areFresh, judge } from "./verdict.js";
import { show } from "./dialog.js";

const COUNTERS = [
  ["counter.need_check", (standing) => standing.top_info.sms_need_check_cnt, ["queue"], "work"],
  ["counter.pending", (standing) => standing.top_info.recharge_pending_cnt, ["recharges"], "work"],
  ["counter.untrusted", (standing) => standing.top_info.shooter_device_untrusted_cnt, ["devices"], "work"],
  ["counter.stale", (standing) => standing.top_info.loops_stale_cnt, ["actors"], "trouble"],
  ["counter.unknown", (standing) => standing.approvals?.unknown, ["recharges", "unknown"], "trouble"],
  ["counter.stuck", (standing) => standing.approvals?.stuck, ["recharges", "stuck"], "trouble"],
];
const SIGNS = { ok: "✓", attention: "!", bad: "✕", unknown: "?" };

/** The bar. Answers its element and what ends it. */
export function topbar() {
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const words = h("span", { class: "verdict-words" });
  const verdict = h("button", {
    type: "button", class: "verdict", "aria-haspopup": "dialog", on: { click: () => explain() },
  }, sign, words);
  // Screen readers hear of a change of the verdict, not of each second.
  const spoken = h("span", { class: "unseen-words", role: "status", "aria-live": "polite" });
  const counters = h("ul", { class: "counters", "aria-label": t("counters") });
  const asOf = h("span", { class: "as-of" });
  let before = "";

  const draw = () => {
    const now = heard();
    const { level, conditions } = judge(now, liveState());
    const said = headline(level, conditions);
    verdict.className = `verdict ${level}`;
    sign.textContent = SIGNS[level];
    words.textContent = said;
    const key = level + conditions.filter((condition) => condition.level !== "ok").map((condition) => condition.say).join();
    if (key !== before) spoken.textContent = said;
    before = key;
    const fresh = areFresh(now);
    counters.classList.toggle("old", !fresh);
    fill(counters, COUNTERS.map(([label, read, to, kind]) => counter(label, now && read(now.standing), to, kind)));
    asOf.classList.toggle("old", !fresh);
    const at = now?.standing.top_info.as_of;
    asOf.textContent = !now || at === null ? t("as_of.never") : t(fresh ? "as_of" : "as_of.old", { time: clock(at) });
    const work = now ? now.standing.top_info.sms_need_check_cnt : 0;
    document.title = `${level === "ok" ? "" : `${SIGNS[level]} `}${work > 0 ? `(${work}) ` : ""}recon`;
  };
  const ends = [onStanding(draw), onState(draw)];
  draw();
  const element = h("div", { class: "standing" }, verdict, counters, asOf, spoken);
  return { element, end: () => ends.forEach((end) => end()) };
}

function counter(label, count, to, kind) {
  const isKnown = count !== null && count !== undefined;
  const isOn = isKnown && count > 0;
  return h("li", null, link(to, { class: `counter ${isOn ? kind : "calm"} ${isKnown && !isOn ? "zero" : ""}` },
    h("strong", null, isKnown ? count : "?"), h("span", null, t(label))));
}

/** What is wrong, the worst first; that all is well only where everything is known to be. */
function headline(level, conditions) {
  if (level === "ok") return t("verdict.well");
  const worst = conditions.filter((condition) => condition.level === level);
  const more = conditions.filter((condition) => condition.level !== "ok").length - 1;
  return sentence(worst[0]) + (more > 0 ? ` ${t("verdict.more", { count: more })}` : "");
}

function sentence({ say, values }) {
  return t(say, { ...values, age: seconds(values?.age ?? 0) });
}

function explain() {
  const { conditions } = judge(heard(), liveState());
  return show(t("verdict.title"), () => h("ul", { class: "conditions" }, conditions.map((condition) =>
    h("li", { class: condition.level }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[condition.level]),
      h("span", null, h("b", { class: "unseen-words" }, t(`level.${condition.level}`), " "), sentence(condition))))));
}
