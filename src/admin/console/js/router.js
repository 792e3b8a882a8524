// Which page is shown: the part of the address behind `#/`. A page is a function `(main, path) -> leave`, where `leave` ends it.

import { bindKeys } from "./keys.js";

const pages = new Map();
let leave = null;
let main = null;
let onShown = () => {};

/** A page by the first part of its path. */
export function addPage(name, show) {
  pages.set(name, show);
}

/** The path of the address, in parts. */
export function path() {
  const parts = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  return parts.map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

/** Starts to show pages in an element, `home` where the address names none. */
export function start(element, home, shown) {
  main = element;
  onShown = shown;
  const show = () => {
    if (!main) return;
    leave?.();
    bindKeys([]);
    const asked = path();
    const name = pages.has(asked[0]) ? asked[0] : home;
    main.replaceChildren();
    leave = pages.get(name)(main, name === asked[0] ? asked.slice(1) : []) ?? null;
    onShown(name);
  };
  window.onhashchange = () => {
    show();
    main?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };
  show();
}

/** Shows nothing any more. */
export function stop() {
  leave?.();
  leave = null;
  main = null;
  bindKeys([]);
  window.onhashchange = null;
}
