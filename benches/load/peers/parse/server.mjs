// What a team would write with Parse Server and PostgreSQL: a class whose objects only their owner reads, an index for
// the list, sessions kept in memory. PostgreSQL's own defaults: a commit is on its disk before it says so.
import express from "express";
import { ParseServer } from "parse-server";

const APP = "journal";
const OWNER = "owner";
const RATINGS = ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_quality"];
const all = (names, type) => Object.fromEntries(names.map((name) => [name, { type }]));
const ownerOnly = { pointerFields: [OWNER] };
const port = Number(process.env.PORT);

const parse = new ParseServer({
  appId: APP,
  masterKey: process.env.SECRET,
  databaseURI: process.env.DATABASE,
  serverURL: `http://127.0.0.1:${port}`,
  silent: true,
  allowClientClassCreation: false,
  schema: {
    definitions: [
      {
        className: "CheckIn",
        fields: {
          [OWNER]: { type: "Pointer", targetClass: "_User" },
          local_date: { type: "String", required: true },
          ...all([...RATINGS, "sleep_hours"], "Number"),
          substance_free: { type: "Boolean" },
          ...all(["slot", "intention", "gratitude", "note"], "String"),
        },
        indexes: { parse_newest: { [OWNER]: 1, local_date: 1 } },
        classLevelPermissions: {
          create: { requiresAuthentication: true },
          ...Object.fromEntries(["find", "get", "update", "delete"].map((operation) => [operation, ownerOnly])),
        },
      },
    ],
  },
  cloud: (Parse) => {
    Parse.Cloud.beforeSave("CheckIn", ({ object, user }) => {
      if (object.isNew()) object.set(OWNER, user);
    });
  },
});
await parse.start();

const app = express();
// Every server here is asked with a bearer token; Parse has headers of its own.
app.use((request, response, next) => {
  request.headers["x-parse-application-id"] = APP;
  const token = request.headers.authorization?.split(" ")[1];
  if (token) request.headers["x-parse-session-token"] = token;
  delete request.headers.authorization;
  next();
});
app.use("/", parse.app);
app.listen(port, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${port}`));
