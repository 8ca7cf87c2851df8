-- The person's own coping skills. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE skills (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  name bytea NOT NULL,
  family text NOT NULL CHECK (length(family) BETWEEN 1 AND 40),
  archived boolean,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX skills_by_revision ON skills (account_id, revision);
