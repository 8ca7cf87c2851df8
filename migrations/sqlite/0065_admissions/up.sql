-- Who may open an account where that takes an invitation: hashes of codes, each for one address, once.
CREATE TABLE admissions (
  code_hash BLOB NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
  email_hash BLOB NOT NULL CHECK (length(email_hash) = 32),
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
