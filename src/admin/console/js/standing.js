// What was last heard of how all stands. It is asked for every ten seconds and at every push; its age goes on counting when
// nothing comes, so that a console that was cut off says so by itself.

import { call } from "./api.js";
import { onChange, onState, reconnect } from "./live.js";

const EVERY_MS = 10_000;
const SOON_MS = 400;

const watchers = new Set();
let last = null;
let heardAt = 0;
let isOn = false;
let isAsking = false;
let soon = 0;
let wasCut = false;

/** Told whenever something was heard, and each second, since ages grow. */
export function onStanding(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The last answer, how many seconds ago it came, and whether what was asked since was not answered; null where there was none. */
export function heard() {
  return last && { standing: last, age_s: Math.max(0, Math.floor((Date.now() - heardAt) / 1000)), is_cut: wasCut };
}

/** Starts asking. */
export function start() {
  isOn = true;
  ask();
}

/** Ends it, and forgets what was heard: the next operator starts with nothing. */
export function stop() {
  isOn = false;
  last = null;
  tell();
}

async function ask() {
  if (!isOn || isAsking) return;
  isAsking = true;
  try {
    const standing = await call("/recon/standing");
    if (isOn) {
      last = standing;
      heardAt = Date.now();
      // The network was away: so may the socket be, and nobody told us.
      if (wasCut) reconnect();
      wasCut = false;
      tell();
    }
  } catch {
    // What was heard before grows older, and the top bar says so.
    wasCut = true;
    tell();
  } finally {
    isAsking = false;
  }
}

function askSoon() {
  clearTimeout(soon);
  soon = setTimeout(ask, SOON_MS);
}

function tell() {
  for (const watcher of watchers) watcher();
}

setInterval(() => isOn && tell(), 1_000);
setInterval(ask, EVERY_MS);
onChange(askSoon);
onState(askSoon);
document.addEventListener("visibilitychange", () => document.hidden || ask());
