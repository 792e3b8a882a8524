// Money, moments and ages as people read them, in the operator's own time zone.

import { current, t } from "./i18n.js";

/** The operator's time zone. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `{"amount":"50000","currency":"KRW"}` as `50,000 KRW`. The digits are never made a number: they stay exact. */
export function money(value) {
  return value ? amount(value.amount, value.currency) : t("none");
}

/** An amount in digits, grouped, with its currency. */
export function amount(digits, currency) {
  if (digits === null || digits === undefined) return t("none");
  const exact = typeof digits === "number" ? digits.toFixed(decimals(currency)) : String(digits);
  const [, sign, whole, fraction] = /^([+-]?)(\d*)(.*)$/.exec(exact);
  return `${sign === "-" ? "−" : sign}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${fraction} ${currency ?? ""}`.trim();
}

/** How many decimals a currency has: the old shape's numbers have lost theirs. */
function decimals(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 0;
  }
}

/** Whether two amounts in digits are the same, however many zeros stand behind the point. */
export function isSameAmount(one, other) {
  const plain = (digits) => String(digits).replace(/^(\d+)\.(\d*?)0*$/, "$1.$2").replace(/\.$/, "");
  return plain(one) === plain(other);
}

/** A moment of recon (RFC 3339) or of an old shape (Unix seconds). */
export function moment(value) {
  if (value === null || value === undefined) return null;
  const date = new Date(typeof value === "number" ? value * 1000 : value);
  return Number.isNaN(date.getTime()) ? null : date;
}

const two = (number) => String(number).padStart(2, "0");

/** `2026-04-22 14:07:31` in the operator's zone. */
export function stamp(value) {
  const at = moment(value);
  if (!at) return t("none");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(at)}`;
}

/** `14:07:31`. */
export function clock(value) {
  const at = moment(value);
  return at ? `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}` : t("none");
}

/** How long ago in one unit: `3 min`. */
export function age(value) {
  const at = moment(value);
  return at ? seconds((Date.now() - at.getTime()) / 1000) : t("none");
}

/** A length of time in one unit. */
export function seconds(length) {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const whole = Math.max(0, Math.floor(length));
  const [unit, size] = units.find(([, size]) => whole >= size) ?? units[3];
  const format = { style: "unit", unit, unitDisplay: "short" };
  return new Intl.NumberFormat(current(), format).format(Math.floor(whole / size));
}
