"""A registration confirmed through a mail server of others (aiosmtpd): the mail arrives, is what mail programs read,
and its link opens the account. RECOVERY_JOURNAL names the program, DATA_DIR an empty directory."""

import email
import email.policy
import json
import os
import queue
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from aiosmtpd.controller import Controller

ADDRESS, PASSWORD = "ann@example.org", "seven quiet mornings by the lake"


class Inbox:
    def __init__(self):
        self.mails = queue.Queue()

    async def handle_DATA(self, server, session, envelope):
        self.mails.put((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 taken"


def call(base, method, path, body=None, form=False):
    data, headers = None, {}
    if body is not None:
        data = urllib.parse.urlencode(body).encode() if form else json.dumps(body).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
    request = urllib.request.Request(base + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def main():
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    settings = {
        "DATA_DIR": os.environ["DATA_DIR"],
        "BIND_ADDRESS": "127.0.0.1:0",
        "REGISTRATION": "verified",
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
        "MAIL_FROM": "Journal <journal@example.org>",
        "PUBLIC_URL": "https://journal.example",
    }
    server = subprocess.Popen([os.environ["RECOVERY_JOURNAL"]], env=settings, stdout=subprocess.PIPE, text=True)
    try:
        base = next(line.split()[-1] for line in server.stdout if line.startswith("listening on "))
        sign_in = {"email": ADDRESS, "password": PASSWORD}
        assert call(base, "POST", "/v1/auth/register", sign_in | {"time_zone": "UTC"}) == (202, "")
        sender, recipients, content = inbox.mails.get(timeout=20)
        assert (sender, recipients) == ("journal@example.org", [ADDRESS]), (sender, recipients)
        mail = email.message_from_bytes(content, policy=email.policy.default)
        assert mail["Subject"] == "Confirm your address" and mail["Date"] and mail["Message-ID"], mail.items()
        assert not mail.defects, mail.defects
        link = re.search(r"https://journal\.example(/account/confirm\?token=(\S+))", mail.get_content())
        assert call(base, "POST", "/v1/auth/login", sign_in)[0] == 401
        assert call(base, "GET", link[1])[0] == 200
        status, page = call(base, "POST", "/account/confirm", {"token": link[2]}, form=True)
        assert status == 200 and "Your account is open" in page, page
        assert call(base, "POST", "/v1/auth/login", sign_in)[0] == 200
        print(f"{mail['Subject']!r} came to {ADDRESS}, and its link opened the account")
    finally:
        server.terminate()
        server.wait(20)
        controller.stop()


if __name__ == "__main__":
    sys.exit(main())
