-- Answers to requests that may come again (Idempotency-Key), for a day. The answer is sealed.
CREATE TABLE idempotency_keys (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),
  request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
  at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  answer BLOB,
  PRIMARY KEY (account_id, key_hash)
) WITHOUT ROWID;
