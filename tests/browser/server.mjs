// The real server with its demonstration, on a free port in a directory of its own.
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = process.env.RECOVERY_JOURNAL ?? new URL("../../target/debug/recovery-journal", import.meta.url).pathname;

/** What the demonstration prints. */
export const PASSWORD = "a lamp in the window at dusk";
export const COUNSELOR = "counselor@example.org";
export const MEMBER = "demo@example.org";

/** Starts one; `end` ends it and leaves nothing. */
export async function start() {
  const directory = await mkdtemp(join(tmpdir(), "recovery-journal-browser-"));
  const env = { DATA_DIR: directory, BIND_ADDRESS: "127.0.0.1:0", THROTTLE: "off", WORKERS: "2" };
  const options = { env, cwd: directory };
  execFileSync(program, ["demo", "--days", "150"], { ...options, stdio: "ignore" });
  const server = spawn(program, [], { ...options, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((done) => server.once("close", done));
  const end = async () => {
    server.kill();
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: server.stdout })) {
    const ready = /^listening on (.*)$/.exec(line);
    if (ready) {
      server.stdout.resume();
      return { url: ready[1], end };
    }
  }
  await end();
  throw new Error(`${program} is not ready`);
}

/** Somebody at the API. */
export class Caller {
  constructor(url) {
    this.url = url;
  }

  async call(method, path, body) {
    const headers = { "Content-Type": "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async signIn(email) {
    this.token = (await this.call("POST", "/v1/auth/login", { email, password: PASSWORD })).access_token;
    return this;
  }

  async register(email, display_name) {
    const body = { email, password: PASSWORD, time_zone: "America/Denver", display_name };
    this.token = (await this.call("POST", "/v1/auth/register", body)).access_token;
    return this;
  }
}
