-- Uses after the start of a clock. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE lapses (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  clock_id BLOB NOT NULL,
  used_on INTEGER NOT NULL,
  used_at INTEGER,
  used_at_offset INTEGER CHECK (used_at_offset BETWEEN -1440 AND 1440),
  resumed_on INTEGER,
  kind TEXT NOT NULL CHECK (kind IN ('lapse', 'return_to_use', 'overdose')),
  trigger_ids TEXT,
  amount BLOB,
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX lapses_by_revision ON lapses (account_id, revision);
CREATE INDEX lapses_by_date ON lapses (account_id, used_on);
