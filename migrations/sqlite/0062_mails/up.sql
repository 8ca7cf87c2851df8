-- Mails to be sent, and for a day which were. Keyed by the keyed hash of the address; what is needed to write one
-- is sealed, and erased once it was sent or is not worth sending any more (next_at is null).
CREATE TABLE mails (
  email_hash BLOB NOT NULL,
  mail_id BLOB NOT NULL CHECK (length(mail_id) = 16),
  kind TEXT NOT NULL,
  sealed BLOB,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  next_at INTEGER,
  sent_at INTEGER,
  PRIMARY KEY (email_hash, mail_id)
) WITHOUT ROWID;
CREATE INDEX mails_by_next ON mails (next_at);
