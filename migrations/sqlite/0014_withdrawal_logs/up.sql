-- Withdrawal at a moment. Words are sealed.
CREATE TABLE withdrawal_logs (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  occurred_at INTEGER NOT NULL,
  occurred_at_offset INTEGER NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone TEXT NOT NULL,
  local_date INTEGER NOT NULL,
  agitation INTEGER CHECK (agitation BETWEEN 0 AND 4),
  anxiety INTEGER CHECK (anxiety BETWEEN 0 AND 4),
  depression INTEGER CHECK (depression BETWEEN 0 AND 4),
  diarrhea INTEGER CHECK (diarrhea BETWEEN 0 AND 4),
  insomnia INTEGER CHECK (insomnia BETWEEN 0 AND 4),
  muscle_bone_ache INTEGER CHECK (muscle_bone_ache BETWEEN 0 AND 4),
  cramps INTEGER CHECK (cramps BETWEEN 0 AND 4),
  nausea INTEGER CHECK (nausea BETWEEN 0 AND 4),
  vomiting INTEGER CHECK (vomiting BETWEEN 0 AND 4),
  sweating INTEGER CHECK (sweating BETWEEN 0 AND 4),
  chills INTEGER CHECK (chills BETWEEN 0 AND 4),
  hallucinations INTEGER CHECK (hallucinations BETWEEN 0 AND 4),
  paranoia INTEGER CHECK (paranoia BETWEEN 0 AND 4),
  hours_since_last_use INTEGER CHECK (hours_since_last_use BETWEEN 0 AND 8784),
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX withdrawal_logs_by_revision ON withdrawal_logs (account_id, revision);
CREATE INDEX withdrawal_logs_by_date ON withdrawal_logs (account_id, local_date, occurred_at);
