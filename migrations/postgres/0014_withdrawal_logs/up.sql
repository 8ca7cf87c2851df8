-- Withdrawal at a moment. Words are sealed.
CREATE TABLE withdrawal_logs (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL,
  occurred_at_offset smallint NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone text NOT NULL,
  local_date date NOT NULL,
  agitation smallint CHECK (agitation BETWEEN 0 AND 4),
  anxiety smallint CHECK (anxiety BETWEEN 0 AND 4),
  depression smallint CHECK (depression BETWEEN 0 AND 4),
  diarrhea smallint CHECK (diarrhea BETWEEN 0 AND 4),
  insomnia smallint CHECK (insomnia BETWEEN 0 AND 4),
  muscle_bone_ache smallint CHECK (muscle_bone_ache BETWEEN 0 AND 4),
  cramps smallint CHECK (cramps BETWEEN 0 AND 4),
  nausea smallint CHECK (nausea BETWEEN 0 AND 4),
  vomiting smallint CHECK (vomiting BETWEEN 0 AND 4),
  sweating smallint CHECK (sweating BETWEEN 0 AND 4),
  chills smallint CHECK (chills BETWEEN 0 AND 4),
  hallucinations smallint CHECK (hallucinations BETWEEN 0 AND 4),
  paranoia smallint CHECK (paranoia BETWEEN 0 AND 4),
  hours_since_last_use integer CHECK (hours_since_last_use BETWEEN 0 AND 8784),
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX withdrawal_logs_by_revision ON withdrawal_logs (account_id, revision);
CREATE INDEX withdrawal_logs_by_date ON withdrawal_logs (account_id, local_date, occurred_at);
