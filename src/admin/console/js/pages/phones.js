// The phone whitelist: whose texts are read at all.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { call } from "../api.js";
import { stamp } from "../format.js";
import { bindKeys } from "../keys.js";
import { may } from "../session.js";
import { plain } from "../plain_text.js";
import { help } from "../help.js";
import { adder, deleter, listing } from "./table.js";

export function phones(main) {
  const list = listing({
    path: "/shooter/phone/list", topic: "phone", empty: "phones.none",
    columns: [
      ["field.sender", (phone) => plain(phone.phone)],
      ["field.bank", (phone) => phone.bank && plain(phone.bank)],
      ["field.remark", (phone) => phone.remark && plain(phone.remark)],
      ["field.since", (phone) => stamp(phone.create_time)],
      ["actions", (phone) => may("manage") && deleter(phone.phone, async () => { await call("/shooter/phone/delete", { id: phone.id }); list.load(); })],
    ],
  });
  main.append(h("h1", null, t("page.phones")), h("p", { class: "explain" }, t("phones.what")), list.element);
  if (may("manage")) {
    main.append(adder("phones.add", [
      { name: "phone", label: "field.sender", needed: true },
      { name: "bank", label: "field.bank" },
      { name: "remark", label: "field.remark" },
    ], async (values) => { await call("/shooter/phone/add", values); list.load(); }));
  }
  bindKeys([{ keys: ["?"], label: "key.help", run: help }]);
  return list.end;
}
