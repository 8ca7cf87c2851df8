-- Times at one level of care. Words are sealed.
CREATE TABLE care_episodes (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  level text NOT NULL CHECK (level IN ('detox', 'inpatient', 'iop', 'outpatient', 'sober_living', 'aftercare')),
  starts_on date NOT NULL,
  ends_on date,
  facility bytea,
  days_per_week smallint CHECK (days_per_week BETWEEN 1 AND 7),
  hours_per_day double precision CHECK (hours_per_day BETWEEN 0 AND 24),
  PRIMARY KEY (account_id, id)
);
CREATE INDEX care_episodes_by_revision ON care_episodes (account_id, revision);
