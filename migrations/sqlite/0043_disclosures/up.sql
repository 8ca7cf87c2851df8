-- Who read what of a journal under a share, or tried to. Rows are added and never changed: each carries a keyed
-- hash over itself and the one before.
CREATE TABLE disclosures (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  at INTEGER NOT NULL,
  share_id BLOB NOT NULL CHECK (length(share_id) = 16),
  recipient_id BLOB NOT NULL CHECK (length(recipient_id) = 16),
  collection TEXT NOT NULL,
  path TEXT NOT NULL,
  detail TEXT NOT NULL CHECK (detail IN ('summary', 'entries', 'entries_with_notes')),
  from_date INTEGER,
  to_date INTEGER,
  records INTEGER NOT NULL CHECK (records >= 0),
  outcome TEXT NOT NULL CHECK (outcome IN ('allowed', 'denied')),
  request_id TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (account_id, number)
) WITHOUT ROWID;
