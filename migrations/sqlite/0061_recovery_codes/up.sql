-- What stands in for a lost second factor, each once: hashes of codes that only the person has.
CREATE TABLE recovery_codes (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
  PRIMARY KEY (account_id, code_hash)
) WITHOUT ROWID;
