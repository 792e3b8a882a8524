// What the matcher decided and why: every order that it looked at, by each criterion, and what nearly fits.

import { h, link } from "../dom.js";
import { t, word } from "../i18n.js";
import { stamp } from "../format.js";
import { plain } from "../plain_text.js";
import { recorded } from "./chain.js";

const SIGNS = { agrees: "✓", differs: "✕", unknown: "?" };

/** The decision of a message. `pick(order_id)`, where it is given, links with an order. */
export function decision(sms, pick) {
  const found = sms.match;
  if (!found) return h("p", { class: "quiet" }, t("match.none"));
  return [
    h("p", null, h("b", null, word("decision", found.decision)), " · ", reason(found)),
    h("p", { class: "quiet" }, t("match.rule", { rule: found.rule, at: stamp(found.decided_at) })),
    recorded(found.summary),
    found.candidates.length > 0 && [
      h("h4", null, t("match.candidates", { count: found.candidates_total })),
      h("ol", { class: "candidates" }, found.candidates.map((candidate, at) => one(candidate, at, pick))),
    ],
    found.candidates_total > found.candidates.length &&
      h("p", { class: "quiet" }, t("match.more", { count: found.candidates_total - found.candidates.length })),
    found.near_misses.length > 0 && [
      h("h4", null, t("near.title")),
      h("p", { class: "quiet" }, t("near.what")),
      h("ul", { class: "near" }, found.near_misses.map((miss) => near(miss, pick))),
    ],
  ];
}

/** Why, by the rule that decided; its version is of no concern here. */
function reason(found) {
  const rule = found.rule.replace(/\/\d+$/, "").replaceAll("-", "_");
  const said = word("rule", rule);
  return said === rule ? t(`decision.${found.decision}.why`) : said;
}

function one(candidate, at, pick) {
  return h("li", { class: `candidate ${candidate.verdict}` },
    h("div", { class: "candidate-head" },
      link(["story", "order", candidate.order_id], null, candidate.order_id), " ",
      h("span", { class: `chip candidate-${candidate.verdict}` }, word("candidate", candidate.verdict)),
      pick && candidate.verdict !== "chosen" && picker(candidate.order_id, pick, at)),
    h("div", { class: "scroll" }, h("table", { class: "criteria" },
      h("thead", null, h("tr", null, ["criterion", "criterion.deposit", "criterion.order", "criterion.verdict"].map((name) =>
        h("th", { scope: "col" }, t(name))))),
      h("tbody", null, candidate.criteria.map((row) => h("tr", { class: row.verdict },
        h("th", { scope: "row" }, word("criterion", row.criterion)),
        h("td", null, row.deposit === null ? "–" : plain(shown(row.criterion, row.deposit))),
        h("td", null, row.order === null ? "–" : plain(shown(row.criterion, row.order))),
        h("td", null, `${SIGNS[row.verdict] ?? ""} `, word("verdict_of", row.verdict), row.note && [" · ", plain(row.note)])))))),
    candidate.rivals_total > 0 && h("p", null, t("match.rivals", { count: candidate.rivals_total }), " ",
      candidate.rivals.map((id) => [link(["queue", "sms", id], null, `#${id}`), " "])),
    recorded(candidate.reason));
}

/** Moments are shown in the operator's zone, as everywhere; the rest as it is. */
function shown(criterion, value) {
  return criterion === "time" ? value.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (found) => stamp(found)) : value;
}

function near(miss, pick) {
  return h("li", null,
    h("b", null, word("near", miss.reason)), ": ", plain(miss.deposit), " ↔ ", plain(miss.order), " ",
    miss.order_ids.map((id) => [link(["story", "order", id], null, id), " "]),
    pick && miss.order_ids.length === 1 && miss.reason !== "order_closed" && picker(miss.order_ids[0], pick),
    recorded(miss.summary));
}

function picker(orderId, pick, at) {
  const hint = at !== undefined && at < 9 ? h("kbd", null, at + 1) : null;
  return h("button", { type: "button", class: "small", on: { click: () => pick(orderId) } }, t("match.pick"), " ", hint);
}
