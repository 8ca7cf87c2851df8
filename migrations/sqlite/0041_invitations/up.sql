-- Which shares are offered to an address, whether or not it has an account yet. Keyed by the keyed hash.
CREATE TABLE invitations (
  email_hash BLOB NOT NULL,
  share_id BLOB NOT NULL CHECK (length(share_id) = 16),
  account_id BLOB NOT NULL CHECK (length(account_id) = 16),
  PRIMARY KEY (email_hash, share_id)
) WITHOUT ROWID;
