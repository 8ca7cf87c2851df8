-- Counselling sessions. Words are sealed.
CREATE TABLE sessions (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  occurred_at_offset INTEGER NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone TEXT NOT NULL,
  local_date INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('individual', 'group', 'family', 'psychiatry', 'medication_management', 'iop', 'other')),
  modality TEXT CHECK (modality IN ('cbt', 'dbt', 'mi', 'other')),
  planned_minutes INTEGER CHECK (planned_minutes BETWEEN 0 AND 1440),
  attended_minutes INTEGER CHECK (attended_minutes BETWEEN 0 AND 1440),
  status TEXT NOT NULL CHECK (status IN ('attended', 'missed', 'cancelled')),
  helpfulness INTEGER CHECK (helpfulness BETWEEN 0 AND 10),
  homework BLOB,
  homework_done INTEGER CHECK (homework_done IN (0, 1)),
  care_episode_id BLOB,
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX sessions_by_revision ON sessions (account_id, revision);
-- Holds what counts and the care plan ask of sessions.
CREATE INDEX sessions_by_date ON sessions (account_id, local_date, occurred_at, id, status);
