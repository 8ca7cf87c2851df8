-- Accounts that wait for their address to be confirmed. What they will consist of is sealed under the link in the
-- mail, of which only the hash is here.
CREATE TABLE registrations (
  token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  sealed BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX registrations_by_expiry ON registrations (expires_at);
