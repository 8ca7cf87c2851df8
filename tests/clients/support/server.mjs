// The real server, on either engine: started on a free port in a directory of its own, with accounts, a
// backup and a restore.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";

import pg from "pg";

import { program, scratch } from "./paths.mjs";
import { run } from "./run.mjs";

/** The engines that can be tested here. */
export const engines = process.env.TEST_DATABASE_URL ? ["sqlite", "postgres"] : ["sqlite"];
if (!process.env.TEST_DATABASE_URL) console.error("TEST_DATABASE_URL is not set: NOT TESTED ON POSTGRESQL");

/** Runs a statement on the test's PostgreSQL, outside of the server's own database. */
async function administer(statement, url = process.env.TEST_DATABASE_URL) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

export class Server {
  /** Starts one that ends with the test. */
  static async start(test, engine) {
    const server = new Server();
    server.directory = await scratch(test, engine);
    if (engine === "postgres") {
      server.database = `clients_${randomUUID().replaceAll("-", "")}`;
      await administer(`CREATE DATABASE ${server.database}`);
      test.after(() => server.database && administer(`DROP DATABASE ${server.database} WITH (FORCE)`));
    }
    test.after(() => server.end("SIGKILL"));
    await server.listen();
    return server;
  }

  get databaseUrl() {
    const url = new URL(process.env.TEST_DATABASE_URL);
    url.pathname = this.database;
    return url.href;
  }

  get settings() {
    const own = { DATA_DIR: this.directory, BIND_ADDRESS: "127.0.0.1:0", THROTTLE: "off", WORKERS: "2" };
    return this.database ? { ...own, DATABASE_URL: this.databaseUrl, DATABASE_POOL_SIZE: "8" } : own;
  }

  async listen() {
    const options = { env: this.settings, cwd: this.directory, stdio: ["ignore", "pipe", "pipe"] };
    this.process = spawn(program, [], options);
    this.ended = new Promise((done) => this.process.once("close", done));
    this.process.stderr.resume();
    for await (const line of createInterface({ input: this.process.stdout })) {
      const ready = /^listening on (.*)$/.exec(line);
      if (ready) {
        this.url = ready[1];
        this.process.stdout.resume();
        return;
      }
    }
    throw new Error(`${program} is not ready`);
  }

  async end(signal = "SIGTERM") {
    this.process.kill(signal);
    await this.ended;
  }

  /** A new member: the account, and a token to call as them. */
  async member() {
    const member = { email: `${randomUUID()}@example.org`, password: "seven quiet mornings by the lake" };
    await this.#enter(member, "register", { time_zone: "America/New_York" });
    return member;
  }

  /** Signs a member in again. */
  signIn = (member) => this.#enter(member, "login", {});

  async #enter(member, how, more) {
    const { email, password } = member;
    const session = await this.call(undefined, "POST", `/v1/auth/${how}`, { email, password, ...more });
    Object.assign(member, { account: session.account, token: session.access_token });
  }

  /** Makes a backup: on SQLite while the server runs. */
  async backup() {
    this.copy = this.database ? `${this.database}_copy` : join(this.directory, "copy.db");
    if (!this.database) return this.command("backup", "--output", this.copy);
    await this.end();
    await administer(`CREATE DATABASE ${this.copy} TEMPLATE ${this.database}`);
    await this.listen();
  }

  /** Puts the backup in the place of all that was written since. Everybody has to sign in again. */
  async restore() {
    await this.end();
    if (this.database) {
      await administer(`DROP DATABASE ${this.database} WITH (FORCE)`);
      await administer(`ALTER DATABASE ${this.copy} RENAME TO ${this.database}`);
      await this.command("restore", "--new-epochs");
    } else {
      await this.command("restore", this.copy);
    }
    await this.listen();
  }

  /** Runs a command of the program to its end. */
  async command(...args) {
    const { status, said } = await run(program, args, { env: this.settings, cwd: this.directory });
    if (status !== 0) throw new Error(`${args.join(" ")}: ${status} ${said}`);
  }

  /** Asks as somebody; the answer's JSON. */
  async call(token, method, path, body) {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}
