-- Accounts that wait for their address to be confirmed. What they will consist of is sealed under the link in the
-- mail, of which only the hash is here.
CREATE TABLE registrations (
  token_hash bytea NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
  sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);
