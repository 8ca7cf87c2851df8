-- People to turn to. Words are sealed.
CREATE TABLE contacts (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  name bytea NOT NULL,
  role text NOT NULL CHECK (role IN ('sponsor', 'peer', 'family', 'counselor', 'prescriber', 'other')),
  phone bytea,
  call_order smallint CHECK (call_order BETWEEN 1 AND 100),
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX contacts_by_revision ON contacts (account_id, revision);
