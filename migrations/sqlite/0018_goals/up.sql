-- Goals of a week or of ninety days.
CREATE TABLE goals (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('meetings_per_week', 'check_ins_per_week', 'sessions_per_week', 'meetings_in_90_days')),
  target INTEGER NOT NULL CHECK (target BETWEEN 1 AND 1000),
  starts_on INTEGER NOT NULL,
  ends_on INTEGER,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX goals_by_revision ON goals (account_id, revision);
