"""Every operation of the document, called with what the document allows and with what it does not, by nobody, a
member and a counselor, with all checks of Schemathesis. RECOVERY_JOURNAL names the program, DATABASE_URL a database
other than a new SQLite file, EXAMPLES, PHASES and SEED how much is tried."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request
import uuid

HERE = pathlib.Path(__file__).parent
OPENAPI = pathlib.Path(os.environ.get("OPENAPI", HERE.parent.parent / "openapi" / "openapi.json"))
DOCUMENT = json.loads(OPENAPI.read_text())
PASSWORD = "seven quiet mornings by the lake"
# Who calls what: everything that is for them. tests/api/strangers.rs has everybody at the doors of others.
CALLERS = {
    "nobody": "^/(livez|readyz|openapi|v1/(auth|catalogue|meta))",
    "member": "^/v1/(?!clients)",
    "counselor": "^/v1/(account|auth|clients|disclosures|invitations|meeting-list|shares|sync)",
}
# An answer that goes on for ever; tests/api/sync/stream.rs listens to it.
ENDLESS = "stream_changes"
# Ids that answers name are tried again, and one of them is the caller's own session: it is tried last, by itself.
LAST = "end_login_session"


def call(base, method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def start(directory):
    settings = {"DATA_DIR": str(directory), "BIND_ADDRESS": "127.0.0.1:0", "THROTTLE": "off", "RUST_LOG": "warn"}
    settings |= {name: os.environ[name] for name in ["DATABASE_URL"] if name in os.environ}
    log = (directory / "log").open("w")
    server = subprocess.Popen(
        [os.environ["RECOVERY_JOURNAL"]], env=settings, stdout=subprocess.PIPE, stderr=log, text=True
    )
    base = next(line.split()[-1] for line in server.stdout if line.startswith("listening on "))
    return server, base


def register(base, role):
    """A new account. Bodies that are tried have another password than this, so that it outlives them."""
    email = f"{uuid.uuid4().hex}@example.org"
    session = call(base, "POST", "/v1/auth/register", {"email": email, "password": PASSWORD, "time_zone": "UTC", "role": role})
    return email, session["access_token"]


def share(base, counselor, token):
    """A member's journal, shown whole to a counselor: the id of the share."""
    _, member = register(base, "member")
    for day in range(1, 10):
        call(base, "POST", "/v1/check-ins", {"local_date": f"2025-03-0{day}", "mood": day, "note": "a word"}, member)
    below = "/v1/clients/{share_id}/"
    shown = [path[len(below) : -len("/{id}")] for path in DOCUMENT["paths"] if path.startswith(below) and path.endswith("/{id}")]
    scopes = [{"collection": name.replace("-", "_"), "detail": "entries_with_notes"} for name in shown]
    scopes += [{"collection": name, "detail": "summary"} for name in ["insights", "streaks", "milestones"]]
    ends = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    offer = {"recipient_email": counselor, "recipient_role": "counselor", "purpose": "Counseling", "scopes": scopes}
    offer |= {"expires_at": ends, "signature_name": "Ann Example"}
    made = call(base, "POST", "/v1/shares", offer, member)
    call(base, "POST", f"/v1/invitations/{made['id']}/accept", None, token)
    return made["id"]


def attack(base, name, token, directory, choice, settings):
    report = directory / "report.json"
    report.unlink(missing_ok=True)
    config = directory / "schemathesis.toml"
    config.write_text(settings + (HERE / "schemathesis.toml").read_text())
    # Not `-m`, which it has not; nor threads, in which some Pythons (3.11) lose count of their stack.
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    command += ["--config-file", str(config), "run", str(OPENAPI), "--url", base, "--checks", "all", *choice]
    command += ["--phases", os.environ.get("PHASES", "examples,coverage,fuzzing,stateful"), "--workers", "1"]
    command += ["--max-examples", os.environ.get("EXAMPLES", "3"), "--seed", os.environ.get("SEED", "7")]
    command += ["--continue-on-failure", "--suppress-health-check", "all", "--request-timeout", "20"]
    command += ["--generation-database", "none", "--no-color", "--warnings", "off"]
    command += ["--report", "json", "--report-json-path", str(report)]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    print(f"== {name}: {' '.join(choice)}", flush=True)
    found = subprocess.run(command).returncode
    return found == 0 and report.exists()


def visit(base, name, directory):
    """Everything that is for a caller; whether nothing was found."""
    email, token = (None, None) if name == "nobody" else register(base, name)
    settings = "" if name != "counselor" else f'[parameters]\n"path.share_id" = "{share(base, email, token)}"\n'
    choice = ["--include-path-regex", CALLERS[name], "--exclude-operation-id", ENDLESS]
    choice += ["--exclude-operation-id", LAST] if token else []
    good = attack(base, name, token, directory, choice, settings)
    if token:
        # Still there, and still theirs: otherwise most of it knocked at a closed door.
        call(base, "POST", "/v1/auth/login", {"email": email, "password": PASSWORD})
        call(base, "GET", "/v1/account", token=token)
        good &= attack(base, name, token, directory, ["--include-operation-id", LAST], settings)
    return good


def main():
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        server, base = start(directory)
        try:
            names = os.environ.get("CALLERS", ",".join(CALLERS)).split(",")
            failed = [name for name in names if not visit(base, name, directory)]
        finally:
            server.terminate()
            ended = server.wait(20)
        log = (directory / "log").read_text()
        errors = re.findall(r".*(?: ERROR |panicked).*", log)
    if failed or ended != 0 or errors:
        print("\n".join(errors[:20]))
        raise SystemExit(f"found something: {', '.join(failed) or 'in the log, or at the end'}")
    print("no server error, nothing undocumented")


if __name__ == "__main__":
    main()
