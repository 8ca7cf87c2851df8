-- Urges to use. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE cravings (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL,
  occurred_at_offset smallint NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone text NOT NULL,
  local_date date NOT NULL,
  intensity smallint NOT NULL CHECK (intensity BETWEEN 0 AND 10),
  intensity_after smallint CHECK (intensity_after BETWEEN 0 AND 10),
  duration_minutes integer CHECK (duration_minutes BETWEEN 0 AND 10080),
  clock_id uuid,
  trigger_ids text,
  skill_ids text,
  halt text,
  place bytea,
  company bytea,
  outcome text NOT NULL CHECK (outcome IN ('open', 'passed', 'used')),
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX cravings_by_revision ON cravings (account_id, revision);
CREATE INDEX cravings_by_date ON cravings (account_id, local_date, occurred_at, id);
