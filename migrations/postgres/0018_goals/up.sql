-- Goals of a week or of ninety days.
CREATE TABLE goals (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('meetings_per_week', 'check_ins_per_week', 'sessions_per_week', 'meetings_in_90_days')),
  target integer NOT NULL CHECK (target BETWEEN 1 AND 1000),
  starts_on date NOT NULL,
  ends_on date,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX goals_by_revision ON goals (account_id, revision);
