// Clients generated from the committed document, with the options of generators/*.yaml: the generator gives no
// warning, and every record, every member and every operation is there under the name that was meant.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";

import { here, openapi, scratch } from "./support/paths.mjs";
import { run } from "./support/run.mjs";

const jar = process.env.OPENAPI_GENERATOR_JAR;
const document = JSON.parse(await readFile(openapi("openapi-3.0.json"), "utf8"));
// A schema without members is a map wherever it is used, and needs no class.
const records = Object.entries(document.components.schemas).filter(([, schema]) => schema.properties);
const operations = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId));

// The one kind of warning that loses no meaning: the generator, at the sight of a parameter called `type` or
// `date`, thinks of a class of that name, rejects it, and makes none. For a schema of ours it would be one.
const harmless = (warning) => {
  const rejected = /- (\w+) \((?:reserved word|existing type)\) cannot be used as model name/.exec(warning)?.[1];
  return rejected !== undefined && !(rejected in document.components.schemas);
};

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/(?<=.)(?=[A-Z])/g, "_").toLowerCase();
const languages = {
  kotlin: {
    model: (name) => `src/main/kotlin/org/openapitools/client/models/${name}.kt`,
    apis: "src/main/kotlin/org/openapitools/client/apis",
    member: (name) => `@Json(name = "${name}")`,
    method: (id) => `fun ${camel(id)}(`,
  },
  swift6: {
    model: (name) => `Sources/OpenAPIClient/Models/${name}.swift`,
    apis: "Sources/OpenAPIClient/APIs",
    member: (name) => new RegExp(`case (${camel(name)}|_?${name})\\b|= "${name}"`),
    method: (id) => `func ${camel(id)}(`,
  },
  "dart-dio": {
    model: (name) => `lib/src/model/${snake(name)}.dart`,
    apis: "lib/src/api",
    member: (name) => `wireName: r'${name}'`,
    method: (id) => ` ${camel(id)}(`,
  },
};

const has = (text, what) => (what instanceof RegExp ? what.test(text) : text.includes(what));

test("generated clients", { skip: jar ? false : "OPENAPI_GENERATOR_JAR does not say where the generator is" }, async (t) => {
  assert.ok(records.length > 80 && operations.length > 60, `${records.length} records, ${operations.length} operations`);
  const made = Object.entries(languages).map(([name, language]) =>
    t.test(name, async (t) => {
      const out = await scratch(t, name);
      const options = ["-c", join(here, "generators", `${name}.yaml`), "-i", openapi("openapi-3.0.json"), "-o", out];
      const { status, said } = await run("java", ["-jar", jar, "generate", ...options]);
      assert.equal(status, 0, said);
      const warnings = said.split("\n").filter((line) => /\b(WARN|ERROR)\b/.test(line));
      assert.deepEqual([...new Set(warnings)].filter((line) => !harmless(line)), []);

      const missing = [];
      for (const [record, schema] of records) {
        const text = await readFile(join(out, language.model(record)), "utf8").catch(() => "");
        if (!text) missing.push(record);
        for (const member of Object.keys(schema.properties)) {
          if (text && !has(text, language.member(member))) missing.push(`${record}.${member}`);
        }
      }
      const files = await readdir(join(out, language.apis));
      const apis = (await Promise.all(files.map((file) => readFile(join(out, language.apis, file), "utf8")))).join();
      missing.push(...operations.filter((id) => !has(apis, language.method(id))));
      assert.deepEqual(missing, []);
    }),
  );
  await Promise.all(made);
});
