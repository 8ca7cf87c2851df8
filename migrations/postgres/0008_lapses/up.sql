-- Uses after the start of a clock. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE lapses (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  clock_id uuid NOT NULL,
  used_on date NOT NULL,
  used_at timestamptz,
  used_at_offset smallint CHECK (used_at_offset BETWEEN -1440 AND 1440),
  resumed_on date,
  kind text NOT NULL CHECK (kind IN ('lapse', 'return_to_use', 'overdose')),
  trigger_ids text,
  amount bytea,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX lapses_by_revision ON lapses (account_id, revision);
CREATE INDEX lapses_by_date ON lapses (account_id, used_on, id);
