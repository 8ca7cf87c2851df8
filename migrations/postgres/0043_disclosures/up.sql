-- Who read what of a journal under a share, or tried to. Rows are added and never changed: each carries a keyed
-- hash over itself and the one before.
CREATE TABLE disclosures (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  number bigint NOT NULL CHECK (number >= 1),
  at timestamptz NOT NULL,
  share_id uuid NOT NULL,
  recipient_id uuid NOT NULL,
  collection text NOT NULL,
  path text NOT NULL,
  detail text NOT NULL CHECK (detail IN ('summary', 'entries', 'entries_with_notes')),
  from_date date,
  to_date date,
  records bigint NOT NULL CHECK (records >= 0),
  outcome text NOT NULL CHECK (outcome IN ('allowed', 'denied')),
  request_id text NOT NULL,
  hash bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (account_id, number)
);
