-- An account's second factor: its secret, sealed; when it became active; the last step whose code was used.
CREATE TABLE second_factors (
  account_id uuid NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  secret bytea NOT NULL,
  active_at timestamptz,
  last_step bigint NOT NULL
);
