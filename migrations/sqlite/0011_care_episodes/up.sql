-- Times at one level of care. Words are sealed.
CREATE TABLE care_episodes (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('detox', 'inpatient', 'iop', 'outpatient', 'sober_living', 'aftercare')),
  starts_on INTEGER NOT NULL,
  ends_on INTEGER,
  facility BLOB,
  days_per_week INTEGER CHECK (days_per_week BETWEEN 1 AND 7),
  hours_per_day REAL CHECK (hours_per_day BETWEEN 0 AND 24),
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX care_episodes_by_revision ON care_episodes (account_id, revision);
