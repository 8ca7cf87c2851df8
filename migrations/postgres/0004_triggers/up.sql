-- The person's own triggers. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE triggers (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  name bytea NOT NULL,
  category text NOT NULL CHECK (length(category) BETWEEN 1 AND 40),
  archived boolean,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX triggers_by_revision ON triggers (account_id, revision);
