// What a team would write with express and PostgreSQL: zod, a pool of connections, named (so prepared) queries, HS256
// tokens. The database's own defaults: a commit is on its disk before it says so.
import express from "express";
import jwt from "jsonwebtoken";
import pg from "pg";
import { z } from "zod";

import { COLUMNS, RATINGS, WORDS, WRITTEN, hashPassword, isPassword } from "./shared.mjs";

// A date is a date, not a moment.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
const pool = new pg.Pool({ connectionString: process.env.DATABASE });
await pool.query(`
  CREATE TABLE IF NOT EXISTS express_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL UNIQUE, password text NOT NULL
  );
  CREATE TABLE IF NOT EXISTS express_check_ins (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES express_users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    local_date date NOT NULL, slot text NOT NULL,
    ${RATINGS.map((name) => `${name} smallint`).join(", ")}, sleep_hours double precision, substance_free boolean,
    ${WORDS.map((name) => `${name} text`).join(", ")}
  );
  CREATE INDEX IF NOT EXISTS express_newest ON express_check_ins (user_id, local_date DESC, id DESC);`);
const query = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const rating = z.number().int().min(0).max(10).nullish();
const words = z.string().max(20000).nullish();
const CheckIn = z.strictObject({
  local_date: z.iso.date(),
  slot: z.enum(["day", "morning", "evening"]).default("day"),
  ...Object.fromEntries(RATINGS.map((name) => [name, rating])),
  sleep_hours: z.number().min(0).max(24).nullish(),
  substance_free: z.boolean().nullish(),
  ...Object.fromEntries(WORDS.map((name) => [name, words])),
});
const Credentials = z.object({ email: z.email(), password: z.string().min(12).max(200) });
const Limit = z.coerce.number().int().min(1).max(100).default(30);

function signedIn(request, response, next) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  try {
    if (scheme !== "Bearer") throw new Error("no bearer token");
    request.user = jwt.verify(token, process.env.SECRET, { algorithms: ["HS256"] }).sub;
    next();
  } catch {
    response.status(401).json({ error: "sign in" });
  }
}

const app = express();
app.use(express.json());
app.post("/auth/register", async (request, response) => {
  const { email, password } = Credentials.parse(request.body);
  const text = "INSERT INTO express_users (email, password) VALUES ($1, $2) RETURNING id";
  const [user] = await query("register", text, [email, await hashPassword(password)]);
  response.status(201).json(user);
});
app.post("/auth/login", async (request, response) => {
  const { email, password } = Credentials.parse(request.body);
  const [user] = await query("login", "SELECT id, password FROM express_users WHERE email = $1", [email]);
  if (!user || !(await isPassword(password, user.password))) return response.status(401).json({ error: "unknown" });
  response.json({ token: jwt.sign({ sub: user.id }, process.env.SECRET, { expiresIn: "1d" }) });
});
app.post("/check-ins", signedIn, async (request, response) => {
  const body = CheckIn.parse(request.body);
  const places = WRITTEN.map((_, at) => `$${at + 2}`);
  const text = `INSERT INTO express_check_ins (user_id, ${WRITTEN}) VALUES ($1, ${places}) RETURNING ${COLUMNS}`;
  const [created] = await query("create", text, [request.user, ...WRITTEN.map((name) => body[name] ?? null)]);
  response.status(201).json(created);
});
app.get("/check-ins/:id", signedIn, async (request, response) => {
  const text = `SELECT ${COLUMNS} FROM express_check_ins WHERE id = $1 AND user_id = $2`;
  const [found] = await query("one", text, [request.params.id, request.user]);
  if (!found) return response.status(404).json({ error: "not found" });
  response.json(found);
});
app.get("/check-ins", signedIn, async (request, response) => {
  const text = `SELECT ${COLUMNS} FROM express_check_ins WHERE user_id = $1 ORDER BY local_date DESC, id DESC LIMIT $2`;
  response.json({ items: await query("list", text, [request.user, Limit.parse(request.query.limit)]) });
});
app.use((error, request, response, next) => {
  if (error instanceof z.ZodError) return response.status(422).json({ issues: error.issues });
  next(error);
});

const server = app.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
