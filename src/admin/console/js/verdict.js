// Whether all is well: pure, from what was last heard and how long ago that was. What is not known is never well.

/** What is older than this is no news any more, in seconds. */
export const FRESH_S = 30;

/**
 * Judges. `heard`: `{standing, age_s, is_cut}` of the last answer, or null; `live`: the state of the WebSocket.
 * Answers `{level, conditions}`: levels are `ok`, `attention`, `bad` and `unknown`, the worst first to be said.
 */
export function judge(heard, live) {
  if (!heard) return { level: "unknown", conditions: [{ key: "standing", level: "unknown", say: "verdict.never" }] };
  const { standing, age_s, is_cut } = heard;
  const info = standing.top_info;
  const conditions = [];
  const add = (key, level, say, values) => conditions.push({ key, level, say, values });

  const isCut = is_cut || age_s > FRESH_S;
  add("server", isCut ? "unknown" : "ok", isCut ? "verdict.cut" : "verdict.server", { age: age_s });

  const asOf = info.as_of === null ? null : standing.now - info.as_of + age_s;
  if (!info.recon_available) add("recon", "bad", asOf === null ? "verdict.recon_never" : "verdict.recon_away", { age: asOf });
  else if (asOf === null || asOf > FRESH_S) add("recon", "unknown", "verdict.recon_old", { age: asOf ?? 0 });
  else add("recon", "ok", "verdict.recon");

  // Counters of before say nothing of now.
  const loops = info.loops_stale_cnt;
  if (!info.recon_available) add("loops", "unknown", "verdict.loops_unknown");
  else add("loops", loops > 0 ? "bad" : "ok", loops > 0 ? "verdict.loops_stale" : "verdict.loops", { count: loops });

  for (const check of failing(standing.recon_health)) {
    add(`check.${check.name}`, check.critical ? "bad" : "attention", "verdict.check", { who: "recon", name: check.name, detail: check.detail });
  }
  if (standing.edge_loops_stale_cnt > 0) add("edge", "bad", "verdict.edge_loops", { count: standing.edge_loops_stale_cnt });

  add("wallet", standing.wallet_available ? "ok" : "bad", standing.wallet_available ? "verdict.wallet" : "verdict.wallet_away");

  for (const check of failing(standing.wallet_health)) {
    add(`wallet_check.${check.name}`, check.critical ? "bad" : "attention", "verdict.check", { who: "wallet", name: check.name, detail: check.detail });
  }

  const approvals = standing.approvals;
  if (!approvals) add("approvals", "unknown", "verdict.approvals_unknown");
  else if (approvals.stuck > 0) add("approvals", "bad", "verdict.approvals_stuck", { count: approvals.stuck });
  else if (approvals.unknown > 0) add("approvals", "attention", "verdict.approvals_open", { count: approvals.unknown });
  else add("approvals", "ok", "verdict.approvals");

  add("live", live === "live" ? "ok" : "attention", live === "live" ? "verdict.live" : "verdict.polling");
  return { level: worst(conditions), conditions };
}

function failing(health) {
  return health?.failing ?? [];
}

const ORDER = ["bad", "unknown", "attention", "ok"];

/** The worst level of some conditions. */
export function worst(conditions) {
  return ORDER.find((level) => conditions.some((condition) => condition.level === level)) ?? "unknown";
}

/** Whether the counters are those of now. */
export function areFresh(heard) {
  if (!heard || heard.is_cut || heard.age_s > FRESH_S) return false;
  const info = heard.standing.top_info;
  return info.recon_available && info.as_of !== null && heard.standing.now - info.as_of + heard.age_s <= FRESH_S;
}
