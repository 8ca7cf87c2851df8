"""A registration confirmed through a mail server of others (aiosmtpd): the mail arrives, is what mail programs read,
and its link opens the account. Once in the clear on this machine, twice over TLS (from the start, and by STARTTLS), and not at all to a mail server that cannot show who it is.
RECOVERY_JOURNAL names the program."""

import asyncio
import email
import email.policy
import json
import os
import queue
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

from aiosmtpd.smtp import SMTP

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


def certificate(directory):
    """One for localhost that nobody knows who was not told."""
    key, cert = os.path.join(directory, "key.pem"), os.path.join(directory, "cert.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
        check=True, capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context, cert


def main():
    with tempfile.TemporaryDirectory() as directory:
        confirm(os.path.join(directory, "plain"), "smtp", None, {})
        context, cert = certificate(directory)
        confirm(os.path.join(directory, "tls"), "smtps", context, {"SSL_CERT_FILE": cert})
        confirm(os.path.join(directory, "starttls"), "smtp", context, {"SSL_CERT_FILE": cert})
        refuse(os.path.join(directory, "unknown"), context)


def start(data, url, more):
    settings = {
        "DATA_DIR": data,
        "BIND_ADDRESS": "127.0.0.1:0",
        "REGISTRATION": "verified",
        "SMTP_URL": url,
        "MAIL_FROM": "Journal <journal@example.org>",
        "PUBLIC_URL": "https://journal.example",
    }
    program = [os.environ["RECOVERY_JOURNAL"]]
    pipe = subprocess.PIPE
    server = subprocess.Popen(program, env=settings | more, stdout=pipe, stderr=pipe, text=True)
    return server, next(line.split()[-1] for line in server.stdout if line.startswith("listening on "))


def refuse(data, context):
    """A mail server whose certificate nobody has signed gets no mail."""
    inbox, url = listen("smtps", context)
    server, base = start(data, url, {})
    try:
        body = {"email": ADDRESS, "password": PASSWORD, "time_zone": "UTC"}
        assert call(base, "POST", "/v1/auth/register", body) == (202, "")
        line = next(line for line in server.stderr if "was not sent" in line)
        assert "certificate" in line and inbox.mails.empty(), line
        print("a mail server with a certificate of its own making got nothing")
    finally:
        server.terminate()
        server.wait(20)


def listen(scheme, context):
    inbox = Inbox()
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports = []

    async def serve():
        outer, inner = (context, None) if scheme == "smtps" else (None, context)
        smtp = lambda: SMTP(inbox, hostname="localhost", tls_context=inner, require_starttls=bool(inner))
        listener = await loop.create_server(smtp, "127.0.0.1", 0, ssl=outer)
        ports.append(listener.sockets[0].getsockname()[1])
        ready.set()

    def run():
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    assert ready.wait(20)
    return inbox, f"{scheme}://localhost:{ports[0]}{'?tls=required' if context and scheme == 'smtp' else ''}"


def confirm(data, scheme, context, more):
    inbox, url = listen(scheme, context)
    server, base = start(data, url, more)
    try:
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
        print(f"{mail['Subject']!r} came to {ADDRESS}, by {url}, and its link opened the account")
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    sys.exit(main())
