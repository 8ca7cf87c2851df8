-- The shares that an account has accepted, and whose they are.
CREATE TABLE received_shares (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  share_id uuid NOT NULL,
  member_id uuid NOT NULL,
  PRIMARY KEY (account_id, share_id)
);
