-- Answers to requests that may come again (Idempotency-Key), for a day. The answer is sealed.
CREATE TABLE idempotency_keys (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  key_hash bytea NOT NULL CHECK (length(key_hash) = 32),
  request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
  at timestamptz NOT NULL,
  status integer NOT NULL,
  answer bytea,
  PRIMARY KEY (account_id, key_hash)
);
