-- Relapse-prevention plans. Words are sealed; lists of ids are JSON text.
CREATE TABLE plans (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  warning_signs BLOB,
  high_risk_situations BLOB,
  skill_ids TEXT,
  contact_ids TEXT,
  places_to_avoid BLOB,
  reasons BLOB,
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX plans_by_revision ON plans (account_id, revision);
