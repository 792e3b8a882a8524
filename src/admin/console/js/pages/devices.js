// The phones that bring messages: those that post them, which have to be trusted, and those that are heard through Pushbullet.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { call } from "../api.js";
import { age } from "../format.js";
import { bindKeys } from "../keys.js";
import { ask } from "../dialog.js";
import { say } from "../notice.js";
import { may } from "../session.js";
import { plain } from "../plain_text.js";
import { help } from "../help.js";
import { adder, deleter, listing } from "./table.js";

const last = (device) => (device.last_time ? t("ago", { age: age(device.last_time) }) : t("never"));

export function devices(main) {
  const shooter = listing({
    path: "/shooter/device/list", topic: "device", empty: "devices.none",
    columns: [
      ["field.name", (device) => plain(device.name)],
      ["field.line", (device) => device.phone && plain(device.phone)],
      ["device.trusted", (device) => h("span", { class: `chip ${device.trusted ? "fresh" : "grave"}` }, t(device.trusted ? "device.is_trusted" : "device.is_untrusted"))],
      ["device.online", (device) => t(device.online ? "yes" : "no")],
      ["device.last", last],
      ["actions", (device) => [
        may("trust") && h("button", { type: "button", class: "small", on: { click: () => trust(device) } }, t(device.trusted ? "act.distrust" : "act.trust")), " ",
        may("manage") && deleter(device.name, async () => { await call("/shooter/device/delete", { id: device.id }); shooter.load(); }),
      ]],
    ],
  });
  const pushbullet = listing({
    path: "/pushbullet/device/list", topic: "device", empty: "devices.none",
    columns: [
      ["field.name", (device) => plain(device.name)],
      ["device.iden", (device) => device.iden && h("code", null, plain(device.iden))],
      ["device.token", (device) => device.token && h("code", null, device.token)],
      ["field.line", (device) => device.phone && plain(device.phone)],
      ["field.state", (device) => plain(String(device.status ?? ""))],
      ["device.last", last],
      ["actions", (device) => may("manage") && deleter(device.name, async () => { await call("/pushbullet/device/delete", { id: device.id }); pushbullet.load(); })],
    ],
  });

  async function trust(device) {
    const trusted = device.trusted ? 0 : 1;
    await ask({
      title: t(trusted ? "ask.trust" : "ask.distrust", { name: device.name }),
      action: t(trusted ? "act.trust" : "act.distrust"),
      danger: !trusted,
      body: h("p", null, t(trusted ? "ask.trust.what" : "ask.distrust.what")),
      run: async () => {
        await call("/shooter/device/trust", { id: device.id, trusted });
        say("ok", t(trusted ? "done.trust" : "done.distrust", { name: device.name }));
        shooter.load();
      },
    });
  }

  main.append(
    h("h1", null, t("page.devices")),
    h("h2", null, t("devices.shooter")), h("p", { class: "explain" }, t("devices.shooter.what")), shooter.element,
    h("h2", null, t("devices.pushbullet")), h("p", { class: "explain" }, t("devices.pushbullet.what")), pushbullet.element);
  if (may("manage")) {
    main.append(adder("devices.add", [
      { name: "name", label: "field.name", needed: true },
      { name: "token", label: "device.token", type: "password", needed: true, hint: "device.token.hint" },
      { name: "iden", label: "device.iden" },
      { name: "password", label: "device.password", type: "password", hint: "device.password.hint" },
      { name: "phone", label: "field.line" },
    ], async (values) => { await call("/pushbullet/device/add", values); pushbullet.load(); }));
  }
  bindKeys([{ keys: ["?"], label: "key.help", run: help }]);
  return () => {
    shooter.end();
    pushbullet.end();
  };
}
