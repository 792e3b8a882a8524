// Where a message came from: each delivery of it. Several sources that agree are worth more than one.

import { h, named, table } from "../dom.js";
import { t, word } from "../i18n.js";
import { stamp } from "../format.js";
import { plain } from "../plain_text.js";

/** The deliveries. */
export function origin(sms) {
  const sources = new Set(sms.sightings.map((sighting) => sighting.source));
  const names = ["origin.source", "origin.format", "origin.received", "origin.stored", "origin.id"].map((name) => t(name));
  return [
    h("p", null, sources.size > 1 ? t("origin.several", { count: sources.size }) : t("origin.one")),
    table(names, h("tbody", null, sms.sightings.map((sighting) => named(h("tr", null,
      h("td", null, sourceName(sighting.source)),
      h("td", null, sighting.format),
      h("td", null, stamp(sighting.received_at)),
      h("td", null, stamp(sighting.stored_at)),
      h("td", { class: "long" }, sighting.external_id && plain(sighting.external_id))), names)))),
    sms.notes.length > 0 && h("ul", null, sms.notes.map((note) =>
      h("li", { class: "warning" }, stamp(note.at), " · ", sourceName(note.source), ": ", word("note", note.kind),
        note.text && [" ", plain(note.text)]))),
  ];
}

/** `shooter/3` in words. */
export function sourceName(source) {
  const [kind, id] = String(source).split("/");
  return [word("source", kind), id === undefined ? null : ` ${id}`];
}
