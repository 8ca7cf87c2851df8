-- Doses of medications. Words are sealed.
CREATE TABLE doses (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  medication_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  occurred_at_offset smallint NOT NULL CHECK (occurred_at_offset BETWEEN -1440 AND 1440),
  time_zone text NOT NULL,
  local_date date NOT NULL,
  status text NOT NULL CHECK (status IN ('taken', 'late', 'missed', 'held_by_clinic', 'observed_at_clinic')),
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX doses_by_revision ON doses (account_id, revision);
-- Holds what adherence asks of doses.
CREATE INDEX doses_by_date ON doses (account_id, local_date, occurred_at, id, medication_id, status);
