// What a team would write with fastify and the SQLite inside Node: checked by JSON Schema, answers serialised by it,
// statements prepared once, HS256 tokens. WAL with synchronous=FULL: a create is on the disk before its answer.
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

import jwt from "@fastify/jwt";
import Fastify from "fastify";

import { COLUMNS, RATINGS, WORDS, WRITTEN, hashPassword, isPassword } from "./shared.mjs";

const database = new DatabaseSync(process.env.DATABASE);
database.exec(`
  PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS check_ins (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, local_date TEXT NOT NULL, slot TEXT NOT NULL,
    ${RATINGS.map((name) => `${name} INTEGER`).join(", ")}, sleep_hours REAL, substance_free INTEGER,
    ${WORDS.map((name) => `${name} TEXT`).join(", ")}
  ) STRICT;
  CREATE INDEX IF NOT EXISTS check_ins_newest ON check_ins (user_id, local_date DESC, id DESC);`);
const addUser = database.prepare("INSERT INTO users (id, email, password) VALUES (?, ?, ?)");
const userByEmail = database.prepare("SELECT id, password FROM users WHERE email = ?");
const add = database.prepare(
  `INSERT INTO check_ins (user_id, ${COLUMNS}) VALUES (?, ${COLUMNS.map(() => "?")}) RETURNING ${COLUMNS}`,
);
const one = database.prepare(`SELECT ${COLUMNS} FROM check_ins WHERE id = ? AND user_id = ?`);
const newest = database.prepare(
  `SELECT ${COLUMNS} FROM check_ins WHERE user_id = ? ORDER BY local_date DESC, id DESC LIMIT ?`,
);

const nullable = (schema) => ({ ...schema, nullable: true });
const written = {
  local_date: { type: "string", format: "date" },
  slot: { enum: ["day", "morning", "evening"], default: "day", type: "string" },
  ...Object.fromEntries(RATINGS.map((name) => [name, nullable({ type: "integer", minimum: 0, maximum: 10 })])),
  sleep_hours: nullable({ type: "number", minimum: 0, maximum: 24 }),
  substance_free: nullable({ type: "boolean" }),
  ...Object.fromEntries(WORDS.map((name) => [name, nullable({ type: "string", maxLength: 20000 })])),
};
const asked = { type: "object", additionalProperties: false, required: ["local_date"], properties: written };
const text = { type: "string" };
const checkIn = { type: "object", properties: { id: text, created_at: text, updated_at: text, ...written } };
const credentials = {
  type: "object",
  required: ["email", "password"],
  properties: { email: { type: "string", format: "email" }, password: { type: "string", minLength: 12, maxLength: 200 } },
};

const app = Fastify();
app.register(jwt, { secret: process.env.SECRET, sign: { expiresIn: "1d" } });
const signedIn = { onRequest: (request) => request.jwtVerify() };

app.post("/auth/register", { schema: { body: credentials } }, async ({ body }, reply) => {
  const id = randomUUID();
  addUser.run(id, body.email, await hashPassword(body.password));
  return reply.code(201).send({ id });
});
app.post("/auth/login", { schema: { body: credentials } }, async ({ body }, reply) => {
  const user = userByEmail.get(body.email);
  if (!user || !(await isPassword(body.password, user.password))) return reply.code(401).send({ error: "unknown" });
  return { token: app.jwt.sign({ sub: user.id }) };
});
app.post("/check-ins", { ...signedIn, schema: { body: asked, response: { 201: checkIn } } }, async (request, reply) => {
  const { body, user } = request;
  const now = new Date().toISOString();
  const free = body.substance_free === undefined ? null : Number(body.substance_free);
  const values = WRITTEN.map((name) => (name === "substance_free" ? free : (body[name] ?? null)));
  return reply.code(201).send(add.get(user.sub, randomUUID(), now, now, ...values));
});
app.get("/check-ins/:id", { ...signedIn, schema: { response: { 200: checkIn } } }, async ({ params, user }, reply) => {
  return one.get(params.id, user.sub) ?? reply.code(404).send({ error: "not found" });
});
const page = { querystring: { type: "object", properties: { limit: { type: "integer", minimum: 1, maximum: 100, default: 30 } } } };
const items = { 200: { type: "object", properties: { items: { type: "array", items: checkIn } } } };
app.get("/check-ins", { ...signedIn, schema: { ...page, response: items } }, async ({ query, user }) => ({
  items: newest.all(user.sub, query.limit),
}));

console.log(`listening on ${await app.listen({ host: "127.0.0.1", port: 0 })}`);
