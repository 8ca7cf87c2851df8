-- Prescribed medications and naloxone kits. Words are sealed.
CREATE TABLE medications (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  name bytea NOT NULL,
  kind text NOT NULL CHECK (kind IN ('methadone', 'buprenorphine', 'buprenorphine_naloxone', 'naltrexone_oral', 'naltrexone_xr', 'naloxone_kit', 'other')),
  route text,
  dose_value text,
  dose_unit text,
  schedule text NOT NULL CHECK (schedule IN ('daily', 'every_n_days', 'weekly', 'monthly', 'as_needed')),
  every_n_days integer CHECK (every_n_days BETWEEN 1 AND 365),
  starts_on date NOT NULL,
  ends_on date,
  expires_on date,
  prescriber bytea,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX medications_by_revision ON medications (account_id, revision);
