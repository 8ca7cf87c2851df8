-- The shares that an account has accepted, and whose they are.
CREATE TABLE received_shares (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  share_id BLOB NOT NULL CHECK (length(share_id) = 16),
  member_id BLOB NOT NULL CHECK (length(member_id) = 16),
  PRIMARY KEY (account_id, share_id)
) WITHOUT ROWID;
