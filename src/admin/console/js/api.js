// Calls of the edge's routes. The cookie goes along by itself; no script holds the token.

import { current } from "./i18n.js";

const PREFIX = "/api/admin";
const WITHIN_MS = 20_000;

/** An answer that is no success. */
export class Refused extends Error {
  constructor(code, message, data) {
    super(message);
    this.code = code;
    this.data = data ?? {};
  }

  /** What was wrong with which field. */
  get errors() {
    return Array.isArray(this.data.errors) ? this.data.errors : [];
  }
}

/** Codes of the edge, and two of our own: no answer at all, and an answer that is none. */
export const CODE = {
  invalid: 7400, forbidden: 7403, notFound: 7404, conflict: 7409, tooMany: 7429, unavailable: 7503, offline: -1, session: -2,
};

let onSessionOver = () => {};

/** What is to happen when the session is over. */
export function whenSessionIsOver(listener) {
  onSessionOver = listener;
}

/** Calls a route with a body and answers its data. */
export async function call(path, body = {}, withinMs = WITHIN_MS) {
  let response;
  let answer;
  try {
    response = await fetch(PREFIX + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": current(), "X-Recon-Console": "1" },
      body: JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(withinMs),
    });
    answer = await response.json();
  } catch (error) {
    throw new Refused(CODE.offline, String(error?.message ?? error), {});
  }
  if (response.status === 401) {
    onSessionOver();
    throw new Refused(CODE.session, answer.msg, {});
  }
  if (answer.code !== 0) throw new Refused(answer.code, answer.msg, answer.data);
  return answer.data;
}

/** Every page of one of recon's lists, up to `most` items. */
export async function all(path, filter, most) {
  const items = [];
  let cursor;
  let total = 0;
  do {
    const page = await call(path, { ...filter, limit: Math.min(500, most), ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    total = page.total ?? Math.max(total, items.length);
    cursor = page.next_cursor;
  } while (cursor && items.length < most);
  return { items: items.slice(0, most), total };
}

/** A page of one of the edge's lists, as large as they come. */
export async function page(path, filter, number = 1) {
  return call(path, { ...filter, page: number, pageSize: 200 });
}
