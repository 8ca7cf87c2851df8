// The OpenAPI document: without a complaint from Spectral; and TypeScript's types from it serve an app that is compiled strictly.
import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";

import { here, installed, openapi, scratch } from "./support/paths.mjs";
import { run } from "./support/run.mjs";

const lint = async (...paths) => {
  const rules = ["--ruleset", join(here, "spectral.yaml"), "--format", "json", "--quiet"];
  const { said } = await run(installed("spectral"), ["lint", ...paths, ...rules, "--fail-severity", "hint"]);
  return JSON.parse(said.slice(said.indexOf("[")));
};

test("the lint has nothing to say", async () => {
  const found = await lint(openapi("openapi.json"), openapi("openapi-3.0.json"));
  assert.deepEqual(found.map(({ source, code, path }) => `${source}: ${code} at ${path.join(".")}`), []);
});

test("the lint finds what generators cannot digest", async (t) => {
  const document = JSON.parse(await readFile(openapi("openapi.json"), "utf8"));
  const { Craving, CravingPatch, Meeting } = document.components.schemas;
  Craving.properties.note = { oneOf: [{ type: "string" }, { type: "null" }] };
  Meeting.properties.place = { type: ["object", "null"], properties: {} };
  CravingPatch.properties.outcome.default = "open";
  const { get, post } = document.paths["/v1/cravings"];
  get.operationId = "listCravings";
  delete post.requestBody.content["application/json"].example;
  post.responses["201"].content["application/json"].schema = { type: "string" };
  delete post.description;
  const path = join(await scratch(t, "lint"), "broken.json");
  await writeFile(path, JSON.stringify(document));
  assert.deepEqual([...new Set((await lint(path)).map(({ code }) => code))].sort(), [
    "bodies-have-a-named-schema",
    "bodies-have-an-example",
    "no-composed-schemas",
    "oas3-valid-media-example",
    "objects-have-names",
    "operation-description",
    "operation-id-is-a-method-name",
    "patches-have-no-defaults",
  ]);
});

test("its types hold what an app writes", async (t) => {
  const directory = await scratch(t, "types");
  // A default does not make a member of a body required: the server fills it in.
  const types = [openapi("openapi.json"), "-o", join(directory, "api.d.ts"), "--default-non-nullable=false"];
  const made = await run(installed("openapi-typescript"), types);
  assert.equal(made.status, 0, made.said);
  assert.doesNotMatch(made.said, /warn/i);
  await copyFile(join(here, "types.ts"), join(directory, "types.ts"));
  const strictly = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit"];
  const options = [...strictly, "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022"];
  const checked = await run(installed("tsc"), [...options, join(directory, "types.ts")]);
  assert.equal(checked.status, 0, checked.said);
});
