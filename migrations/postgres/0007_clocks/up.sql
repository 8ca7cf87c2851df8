-- Sobriety clocks. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE clocks (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  substance text NOT NULL CHECK (length(substance) BETWEEN 1 AND 40),
  label bytea,
  started_on date NOT NULL,
  reset_policy text NOT NULL CHECK (reset_policy IN ('reset', 'keep_and_count')),
  daily_cost text CHECK (length(daily_cost) BETWEEN 1 AND 100),
  currency text CHECK (length(currency) = 3),
  archived boolean,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX clocks_by_revision ON clocks (account_id, revision);
