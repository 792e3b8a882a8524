"""A daemon of its own with a shop in it: whitelisted bank, template, phone, orders, and texts that the phone posts.

Everything goes through the public HTTP interfaces: orders through the wallet, texts through the phone's URL. Python's standard
library alone.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

BANK = "15881688"
SEOUL = datetime.timezone(datetime.timedelta(hours=9))
TEMPLATE = {
    "name": "KB deposit", "kind": "typed", "senders": [BANK], "direction": "deposit", "currency": "KRW", "timezone": "Asia/Seoul",
    "pattern": "[KB]{date} {time}\n{account}\n{name}\n<전자금융입금|입금>\n{amount}[[\n잔액{balance}]]",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, found, within_s=30):
    """Looks until `found()` answers something, and answers that."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {what}")


class Shop:
    """A running daemon and those around it."""

    def __init__(self, binary):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="recon-browser-"))
        self.ports = {role: free_port() for role in ("service", "worker", "admin", "wallet")}
        self.binary = binary
        self.sent = 0
        self.balance = 1_000_000
        self.start()
        self.device = None

    def start(self, roles=None):
        args = [self.binary, "run", "--data-dir", str(self.dir), "--config", os.devnull]
        for role, port in self.ports.items():
            args += ["--set", f"{role}.bind=127.0.0.1:{port}"]
        args += ["--set", "pipeline.sweep_interval=1s"] + (["--roles", roles] if roles else [])
        log = open(self.dir / "daemon.log", "ab")
        env = {name: value for name, value in os.environ.items() if not name.startswith("RECON_")}
        self.daemon = subprocess.Popen(args, stdout=log, stderr=log, env=env)
        wait_for("the daemon", self.is_up, 60)

    def is_up(self):
        if self.daemon.poll() is not None:
            raise AssertionError((self.dir / "daemon.log").read_text()[-3000:])
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.ports['admin']}/readyz", timeout=2).status == 200
        except OSError:
            return False

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait(40)

    def close(self):
        if self.daemon.poll() is None:
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.ports['admin']}"

    def password(self):
        return (self.dir / "admin-password").read_text().strip()

    def ask(self, role, method, path, body=None, headers=None):
        token = (self.dir / f"{role}.token").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[role]}{path}", method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def recon(self, method, path, body=None):
        return self.ask("service", method, f"/internal/v2{path}", body)

    def furnish(self):
        """The bank's number, its template, and a phone that posts its texts."""
        self.recon("POST", "/phones", {"phone": "1588-1688", "bank": "KB"})
        self.recon("POST", "/templates", TEMPLATE)
        self.device = self.recon("POST", "/shooter/devices", {"name": "counter-1", "line": "010-1111-2222"})["device_token"]

    def order(self, order_id, amount, depositor, user="u1"):
        """A customer's order, placed in the wallet; answers when recon knows of it."""
        self.ask("wallet", "POST", "/internal/recharges", {
            "order_id": order_id, "user_id": user, "amount": str(amount), "currency": "KRW", "depositor": depositor})
        wait_for(f"order {order_id} in recon", lambda: self.known(order_id))

    def known(self, order_id):
        return any(order["order_id"] == order_id for order in self.recon("GET", "/orders?limit=500")["items"])

    def deposit(self, amount, depositor, missing=0):
        """The bank's text of a deposit; with `missing` its balance does not follow."""
        self.balance += amount + missing
        now = datetime.datetime.now(SEOUL).strftime("%m/%d %H:%M")
        return self.text(f"[Web발신]\n[KB]{now}\n123456**789\n{depositor}\n입금\n{amount:,}\n잔액{self.balance:,}")

    def text(self, text, sender=BANK):
        """The phone receives a text and posts it; answers the number of the message once recon is done with it."""
        self.sent += 1
        body = {"id": f"m{self.sent}", "sender": sender, "text": text,
                "received_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['service']}/ingest/{self.device}/recon", data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        answer = json.loads(urllib.request.urlopen(request, timeout=20).read())
        number = answer["results"][0]["sms_id"]
        wait_for(f"sms {number}", lambda: self.sms(number)["state"] not in ("received", "accepted", "parsed"))
        return number

    def sms(self, number):
        return self.recon("GET", f"/sms/{number}")

    def recharge(self, order_id):
        return self.ask("wallet", "GET", f"/internal/recharges/{order_id}")


def log_of(shop):
    """What the daemon said, without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", (shop.dir / "daemon.log").read_text())
