-- The person's own triggers. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE triggers (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  name BLOB NOT NULL,
  category TEXT NOT NULL CHECK (length(category) BETWEEN 1 AND 40),
  archived INTEGER CHECK (archived IN (0, 1)),
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX triggers_by_revision ON triggers (account_id, revision);
