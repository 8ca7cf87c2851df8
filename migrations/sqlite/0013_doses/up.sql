-- Doses of medications. Words are sealed.
CREATE TABLE doses (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  medication_id BLOB NOT NULL,
  occurred_at INTEGER NOT NULL,
  occurred_at_offset INTEGER NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone TEXT NOT NULL,
  local_date INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('taken', 'late', 'missed', 'held_by_clinic', 'observed_at_clinic')),
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX doses_by_revision ON doses (account_id, revision);
-- Holds what adherence asks of doses.
CREATE INDEX doses_by_date ON doses (account_id, local_date, occurred_at, id, medication_id, status);
