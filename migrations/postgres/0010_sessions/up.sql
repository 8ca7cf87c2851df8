-- Counselling sessions. Words are sealed.
CREATE TABLE sessions (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL,
  occurred_at_offset smallint NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone text NOT NULL,
  local_date date NOT NULL,
  kind text NOT NULL CHECK (kind IN ('individual', 'group', 'family', 'psychiatry', 'medication_management', 'iop', 'other')),
  modality text CHECK (modality IN ('cbt', 'dbt', 'mi', 'other')),
  planned_minutes integer CHECK (planned_minutes BETWEEN 0 AND 1440),
  attended_minutes integer CHECK (attended_minutes BETWEEN 0 AND 1440),
  status text NOT NULL CHECK (status IN ('attended', 'missed', 'cancelled')),
  helpfulness smallint CHECK (helpfulness BETWEEN 0 AND 10),
  homework bytea,
  homework_done boolean,
  care_episode_id uuid,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX sessions_by_revision ON sessions (account_id, revision);
-- Holds what counts and the care plan ask of sessions.
CREATE INDEX sessions_by_date ON sessions (account_id, local_date, occurred_at, id, status);
