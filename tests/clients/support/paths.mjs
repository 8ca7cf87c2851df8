// Where things are: beside this file, in the repository, and what was built. The tests may run from a copy of
// tests/clients, which then says by the environment where the repository is.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const here = resolve(import.meta.dirname, "..");
const repository = resolve(process.env.REPOSITORY ?? join(here, "../.."));
export const openapi = (name) => join(repository, "openapi", name);
export const program = resolve(
  process.env.RECOVERY_JOURNAL ?? join(repository, "target/debug/recovery-journal"),
);
export const installed = (name) => join(here, "node_modules/.bin", name);

/** A directory that is gone after the test. */
export async function scratch(test, name) {
  const directory = await mkdtemp(join(tmpdir(), `recovery-journal-${name}-`));
  test.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
