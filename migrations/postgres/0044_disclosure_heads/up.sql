-- How long the list of disclosures of a journal is and which hash ends it, so that a cut end is seen.
CREATE TABLE disclosure_heads (
  account_id uuid NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  count bigint NOT NULL CHECK (count >= 0),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  seal bytea NOT NULL CHECK (length(seal) = 32)
);
