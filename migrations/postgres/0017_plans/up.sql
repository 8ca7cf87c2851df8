-- Relapse-prevention plans. Words are sealed; lists of ids are JSON text.
CREATE TABLE plans (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  warning_signs bytea,
  high_risk_situations bytea,
  skill_ids text,
  contact_ids text,
  places_to_avoid bytea,
  reasons bytea,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX plans_by_revision ON plans (account_id, revision);
