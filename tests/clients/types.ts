// What an app in TypeScript writes with the generated types. `tsc --strict` reads it together with them: each
// line that must not compile says so.
import type { components, operations, paths } from "./api";

type Schemas = components["schemas"];

export const craving: Schemas["CravingCreate"] = {
  occurred_at: "2026-11-02T21:40:00-05:00",
  time_zone: "America/New_York",
  intensity: 8,
  // Null is a value of an optional member, as absence is.
  note: null,
};

export const misspelt: Schemas["CravingCreate"] = {
  ...craving,
  // @ts-expect-error: a member that does not exist
  intensty: 8,
};

export const unheard: Schemas["CravingPatch"] = {
  // @ts-expect-error: a word outside the vocabulary cannot be written
  outcome: "vanished",
};

// A patch needs nothing, and null clears.
export const patch: Schemas["CravingPatch"] = { note: null };
export const nothing: Schemas["CravingPatch"] = {};

// An answer has every member, and words of later versions among them.
export function shown(record: Schemas["Craving"]): string {
  const ended: string | null = record.outcome;
  const at: string = record.local_date;
  return `${record.id} on ${at}: ${record.intensity}, ${ended}`;
}

export function reason(problem: Schemas["Problem"]): string {
  return problem.errors?.map((mistake) => `${mistake.pointer}: ${mistake.code}`).join() ?? problem.code;
}

// Operations and paths lead to the same types.
type Page = operations["list_cravings"]["responses"]["200"]["content"]["application/json"];
type Same = paths["/v1/cravings"]["get"]["responses"]["200"]["content"]["application/json"];
export const same = (page: Page): Same => page;
export const next = (page: Page): string | null => page.next_cursor;
