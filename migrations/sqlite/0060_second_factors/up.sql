-- An account's second factor: its secret, sealed; when it became active; the last step whose code was used.
CREATE TABLE second_factors (
  account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  secret BLOB NOT NULL,
  active_at INTEGER,
  last_step INTEGER NOT NULL
) WITHOUT ROWID;
