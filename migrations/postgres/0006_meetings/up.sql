-- Meetings attended. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE meetings (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL,
  occurred_at_offset smallint NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone text NOT NULL,
  local_date date NOT NULL,
  fellowship text NOT NULL CHECK (length(fellowship) BETWEEN 1 AND 40),
  format text CHECK (format IN ('in_person', 'online', 'hybrid', 'phone')),
  name bytea,
  meeting_types text,
  duration_minutes integer CHECK (duration_minutes BETWEEN 0 AND 1440),
  role text NOT NULL CHECK (role IN ('attended', 'shared', 'chaired', 'service')),
  helpfulness smallint CHECK (helpfulness BETWEEN 0 AND 10),
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX meetings_by_revision ON meetings (account_id, revision);
CREATE INDEX meetings_by_date ON meetings (account_id, local_date, occurred_at, id);
