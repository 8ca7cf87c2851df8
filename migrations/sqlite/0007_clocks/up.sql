-- Sobriety clocks. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE clocks (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  substance TEXT NOT NULL CHECK (length(substance) BETWEEN 1 AND 40),
  label BLOB,
  started_on INTEGER NOT NULL,
  reset_policy TEXT NOT NULL CHECK (reset_policy IN ('reset', 'keep_and_count')),
  daily_cost TEXT CHECK (length(daily_cost) BETWEEN 1 AND 100),
  currency TEXT CHECK (length(currency) = 3),
  archived INTEGER CHECK (archived IN (0, 1)),
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX clocks_by_revision ON clocks (account_id, revision);
