-- What a member shares, with whom and until when. Names and words (JSON) are sealed under the member's
-- key; the recipient's address is found by its keyed hash.
CREATE TABLE shares (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  share_id BLOB NOT NULL CHECK (length(share_id) = 16),
  status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'declined', 'revoked')),
  recipient_role TEXT NOT NULL CHECK (recipient_role IN ('counselor', 'supporter')),
  recipient_id BLOB CHECK (length(recipient_id) = 16),
  email_hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  accepted_at INTEGER,
  ended_at INTEGER,
  consent_version TEXT NOT NULL,
  consent_sha256 TEXT NOT NULL CHECK (length(consent_sha256) = 64),
  words BLOB NOT NULL,
  PRIMARY KEY (account_id, share_id)
) WITHOUT ROWID;
