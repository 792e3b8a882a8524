// Makes elements. Text becomes text nodes and nothing else: no string that comes from outside is ever read as markup.

/** An element. `props`: `class`, `on` (events), `data`, `value` and the like are set; everything else becomes an attribute. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "class") {
      element.className = value;
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (PROPERTIES.has(name)) {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "selected"]);

/** Appends elements, texts, numbers, and lists of them; null and false are left out. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replaces what is in an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** A link within the console: `to` is a path of the router, made of parts that are escaped here. */
export function link(parts, props, ...children) {
  return h("a", { ...props, href: "#/" + parts.map(encodeURIComponent).join("/") }, ...children);
}

/** A table whose rows become cards where there is no room for columns: each cell carries the name of its column. */
export function table(names, body, className) {
  return h("div", { class: "scroll" }, h("table", { class: `cards ${className ?? ""}` },
    h("thead", null, h("tr", null, names.map((name) => h("th", { scope: "col" }, name)))), body));
}

/** Names the cells of a row by their columns. */
export function named(row, names) {
  [...row.children].forEach((cell, at) => {
    cell.dataset.name = names[at] ?? "";
    if (cell.childNodes.length > 1) cell.replaceChildren(h("div", null, [...cell.childNodes]));
  });
  return row;
}
