-- Links by which a new password may be chosen, once: their hashes.
CREATE TABLE password_resets (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, token_hash)
);
