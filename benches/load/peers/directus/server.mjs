// What a team would set up with Directus and PostgreSQL: people who register themselves, a collection whose items only
// their maker sees, an index for the list. PostgreSQL's own defaults: a commit is on its disk before it says so.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import knex from "knex";

const { DATABASE, PORT, SECRET } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const admin = { email: "admin@example.org", password: SECRET };

Object.assign(process.env, {
  HOST: "127.0.0.1",
  PUBLIC_URL: url,
  DB_CLIENT: "pg",
  DB_CONNECTION_STRING: DATABASE,
  ADMIN_EMAIL: admin.email,
  ADMIN_PASSWORD: admin.password,
  // As everybody else here hashes.
  HASH_TYPE: "2",
  HASH_MEMORY_COST: "19456",
  HASH_TIME_COST: "2",
  HASH_PARALLELISM: "1",
  ACCESS_TOKEN_TTL: "1d",
  LOG_LEVEL: "error",
  RATE_LIMITER_REGISTRATION_ENABLED: "false",
  TELEMETRY: "false",
  SERVE_APP: "false",
  WEBSOCKETS_ENABLED: "false",
});

const database = knex({ client: "pg", connection: DATABASE });
const isNew = !(await database.schema.hasTable("check_ins"));
if (isNew) {
  const cli = join(import.meta.dirname, "node_modules/directus/cli.js");
  execFileSync(process.execPath, [cli, "bootstrap"], { stdio: ["ignore", "ignore", "inherit"] });
}

const { startServer } = await import("@directus/api/server");
await startServer();

let token;
async function ask(method, path, body) {
  const answer = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text).data;
}

const ratings = ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_quality"];
const words = ["slot", "intention", "gratitude", "note"];
const field = (type) => (name) => ({ field: name, type });

if (isNew) {
  token = (await ask("POST", "/auth/login", admin)).access_token;
  await ask("POST", "/collections", {
    collection: "check_ins",
    schema: {},
    meta: {},
    fields: [
      { field: "id", type: "uuid", schema: { is_primary_key: true }, meta: { special: ["uuid"] } },
      { field: "owner", type: "uuid", schema: {}, meta: { special: ["user-created"] } },
      { field: "local_date", type: "date", schema: { is_nullable: false } },
      ...ratings.map(field("integer")),
      field("float")("sleep_hours"),
      field("boolean")("substance_free"),
      ...words.map(field("text")),
    ],
  });
  await ask("POST", "/relations", { collection: "check_ins", field: "owner", related_collection: "directus_users" });
  const own = { owner: { _eq: "$CURRENT_USER" } };
  const may = (action) => ({ collection: "check_ins", action, fields: ["*"], permissions: action === "create" ? {} : own });
  const role = await ask("POST", "/roles", {
    name: "Member",
    policies: {
      create: [{ policy: { name: "Own check-ins", permissions: ["create", "read", "update", "delete"].map(may) } }],
    },
  });
  await ask("PATCH", "/settings", {
    public_registration: true,
    public_registration_verify_email: false,
    public_registration_role: role.id,
  });
  await database.raw("CREATE INDEX newest ON check_ins (owner, local_date)");
}
await database.destroy();
console.log(`listening on ${url}`);
