-- Urges to use. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE cravings (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  occurred_at_offset INTEGER NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone TEXT NOT NULL,
  local_date INTEGER NOT NULL,
  intensity INTEGER NOT NULL CHECK (intensity BETWEEN 0 AND 10),
  intensity_after INTEGER CHECK (intensity_after BETWEEN 0 AND 10),
  duration_minutes INTEGER CHECK (duration_minutes BETWEEN 0 AND 10080),
  clock_id BLOB,
  trigger_ids TEXT,
  skill_ids TEXT,
  halt TEXT,
  place BLOB,
  company BLOB,
  outcome TEXT NOT NULL CHECK (outcome IN ('open', 'passed', 'used')),
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX cravings_by_revision ON cravings (account_id, revision);
CREATE INDEX cravings_by_date ON cravings (account_id, local_date, occurred_at);
