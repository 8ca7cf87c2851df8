-- Links by which a new password may be chosen, once: their hashes.
CREATE TABLE password_resets (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, token_hash)
) WITHOUT ROWID;
