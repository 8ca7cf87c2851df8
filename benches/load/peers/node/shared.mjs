// What both Node programs need: the members of a check-in, and passwords under argon2id (19 MiB, two passes), hashed on
// Node's own threads.
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const hash = promisify(argon2);

export const RATINGS = ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_quality"];
export const WORDS = ["intention", "gratitude", "note"];
/** What a client may write, in the order of the table. */
export const WRITTEN = ["local_date", "slot", ...RATINGS, "sleep_hours", "substance_free", ...WORDS];
export const COLUMNS = ["id", "created_at", "updated_at", ...WRITTEN];

const derive = (password, nonce) =>
  hash("argon2id", { message: password, nonce, memory: 19456, passes: 2, parallelism: 1, tagLength: 32 });

export async function hashPassword(password) {
  const salt = randomBytes(16);
  return `${salt.toString("base64")}.${(await derive(password, salt)).toString("base64")}`;
}

export async function isPassword(password, stored) {
  const [salt, expected] = stored.split(".").map((part) => Buffer.from(part, "base64"));
  return timingSafeEqual(await derive(password, salt), expected);
}
