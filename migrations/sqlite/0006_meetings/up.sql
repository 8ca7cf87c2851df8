-- Meetings attended. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE meetings (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  occurred_at_offset INTEGER NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone TEXT NOT NULL,
  local_date INTEGER NOT NULL,
  fellowship TEXT NOT NULL CHECK (length(fellowship) BETWEEN 1 AND 40),
  format TEXT CHECK (format IN ('in_person', 'online', 'hybrid', 'phone')),
  name BLOB,
  meeting_types TEXT,
  duration_minutes INTEGER CHECK (duration_minutes BETWEEN 0 AND 1440),
  role TEXT NOT NULL CHECK (role IN ('attended', 'shared', 'chaired', 'service')),
  helpfulness INTEGER CHECK (helpfulness BETWEEN 0 AND 10),
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX meetings_by_revision ON meetings (account_id, revision);
CREATE INDEX meetings_by_date ON meetings (account_id, local_date, occurred_at);
