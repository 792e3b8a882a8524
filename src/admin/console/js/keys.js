// The keyboard. A page says which keys it knows; `g` and a letter goes to a page from anywhere; `?` shows them all.

const PAGES = new Map();
let bindings = [];
let isAfterG = false;
let timer = 0;

/** `g` and this letter goes there. */
export function bindPage(letter, path, label) {
  PAGES.set(letter, { path, label });
}

/** The keys of the page that is shown: `{keys, label, run, hint}`. They replace those of the one before. */
export function bindKeys(list) {
  bindings = list;
}

/** What there is, for the help. */
export function bound() {
  return { pages: [...PAGES], bindings };
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  // With the Korean keyboard on, letters come as jamo: then the key that was pressed is what counts.
  const isOther = event.key.length === 1 && event.key > "~" && /^Key[A-Z]$/.test(event.code);
  const key = isOther ? event.code.slice(3).toLowerCase() : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (isAfterG) {
    isAfterG = false;
    const page = PAGES.get(key);
    if (page) {
      event.preventDefault();
      location.hash = page.path;
    }
    return;
  }
  if (key === "g" && !event.shiftKey) {
    isAfterG = true;
    clearTimeout(timer);
    timer = setTimeout(() => { isAfterG = false; }, 1_500);
    return;
  }
  // Enter and space on a button or a link are theirs.
  if ((key === "Enter" || key === " ") && event.target instanceof HTMLElement && event.target.closest("a, button, summary")) return;
  const binding = bindings.find((candidate) => candidate.keys.includes(key));
  if (!binding) return;
  event.preventDefault();
  binding.run(event);
});
