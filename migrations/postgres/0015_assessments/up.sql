-- Answers to questionnaires with their scores; lists are JSON text.
CREATE TABLE assessments (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL,
  occurred_at_offset smallint NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone text NOT NULL,
  local_date date NOT NULL,
  instrument text NOT NULL CHECK (length(instrument) BETWEEN 1 AND 40),
  instrument_version text NOT NULL,
  answers text NOT NULL,
  score smallint CHECK (score BETWEEN 0 AND 100),
  subscores text,
  band text,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX assessments_by_revision ON assessments (account_id, revision);
CREATE INDEX assessments_by_date ON assessments (account_id, local_date, occurred_at);
