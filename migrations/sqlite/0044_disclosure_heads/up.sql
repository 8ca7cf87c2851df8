-- How long the list of disclosures of a journal is and which hash ends it, so that a cut end is seen.
CREATE TABLE disclosure_heads (
  account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  count INTEGER NOT NULL CHECK (count >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  seal BLOB NOT NULL CHECK (length(seal) = 32)
) WITHOUT ROWID;
