-- Answers to questionnaires with their scores; lists are JSON text.
CREATE TABLE assessments (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  occurred_at_offset INTEGER NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone TEXT NOT NULL,
  local_date INTEGER NOT NULL,
  instrument TEXT NOT NULL CHECK (length(instrument) BETWEEN 1 AND 40),
  instrument_version TEXT NOT NULL,
  answers TEXT NOT NULL,
  score INTEGER CHECK (score BETWEEN 0 AND 100),
  subscores TEXT,
  band TEXT,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX assessments_by_revision ON assessments (account_id, revision);
CREATE INDEX assessments_by_date ON assessments (account_id, local_date, occurred_at);
