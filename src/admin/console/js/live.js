// Hears of changes over a WebSocket, each connection by a ticket of its own. While there is none it says so, and what is shown
// is asked for again and again.

import { call } from "./api.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A tick of a timer that comes so late tells of a machine that slept. */
const SLEPT_MS = 65_000;
const POLL_MS = 10_000;

const listeners = new Set();
const watchers = new Set();
let socket = null;
let wait = FIRST_WAIT_MS;
let timer = 0;
let isOn = false;
let state = "connecting";

/** Told of every change: `{topic, ids}`; of every poll with the topic `*`. Answers what ends it. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Told whenever the connection comes or goes, and of new counters. */
export function onState(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** `live`, `connecting` or `polling`. */
export function liveState() {
  return state;
}

/** Starts listening; for as long as the operator is logged in. */
export function start() {
  if (isOn) return;
  isOn = true;
  connect();
}

/** Ends it. */
export function stop() {
  isOn = false;
  clearTimeout(timer);
  socket?.close();
  socket = null;
  become("connecting");
}

function become(next, topInfo) {
  const isNews = next !== state;
  state = next;
  if (isNews || topInfo) for (const watcher of watchers) watcher(state, topInfo);
}

async function connect() {
  clearTimeout(timer);
  if (!isOn) return;
  try {
    const { ticket } = await call("/ws/ticket");
    if (!isOn) return;
    open(ticket);
  } catch {
    lost();
  }
}

function open(ticket) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const own = new WebSocket(`${scheme}://${location.host}/api/admin/ws?ticket=${encodeURIComponent(ticket)}`);
  socket = own;
  let isClosed = false;
  const end = () => {
    if (isClosed || socket !== own) return;
    isClosed = true;
    lost();
  };
  own.addEventListener("open", () => {
    wait = FIRST_WAIT_MS;
    become("live");
    // What happened while nobody listened is asked for once.
    tell({ topic: "*", ids: [] });
  });
  own.addEventListener("message", (event) => heard(event.data));
  own.addEventListener("close", end);
  own.addEventListener("error", end);
}

function heard(data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return;
  }
  if (message.event === "top_info") become("live", message.data);
  if (message.event === "refresh") tell({ topic: message.data.topic, ids: (message.data.ids ?? []).map(String) });
}

function tell(change) {
  for (const listener of listeners) listener(change);
}

function lost() {
  socket = null;
  if (!isOn) return;
  become("polling");
  // Up to half of it less, so that many consoles do not come back at once.
  timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST_WAIT_MS);
}

setInterval(() => {
  if (isOn && state !== "live" && !document.hidden) tell({ topic: "*", ids: [] });
}, POLL_MS);

/** Makes the connection anew: a machine that slept, or whose network was away, has a socket that nobody closed. */
export function reconnect() {
  if (!isOn) return;
  const dead = socket;
  socket = null;
  dead?.close();
  wait = FIRST_WAIT_MS;
  clearTimeout(timer);
  become("polling");
  connect();
}

let lastTick = Date.now();
setInterval(() => {
  if (Date.now() - lastTick > SLEPT_MS) reconnect();
  lastTick = Date.now();
}, 5_000);

window.addEventListener("online", reconnect);
