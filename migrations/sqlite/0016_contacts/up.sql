-- People to turn to. Words are sealed.
CREATE TABLE contacts (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  name BLOB NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('sponsor', 'peer', 'family', 'counselor', 'prescriber', 'other')),
  phone BLOB,
  call_order INTEGER CHECK (call_order BETWEEN 1 AND 100),
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX contacts_by_revision ON contacts (account_id, revision);
