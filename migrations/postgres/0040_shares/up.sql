-- What a member shares, with whom and until when. Names and words (JSON) are sealed under the member's
-- key; the recipient's address is found by its keyed hash.
CREATE TABLE shares (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  share_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'active', 'declined', 'revoked')),
  recipient_role text NOT NULL CHECK (recipient_role IN ('counselor', 'supporter')),
  recipient_id uuid,
  email_hash bytea NOT NULL,
  scopes text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  ended_at timestamptz,
  consent_version text NOT NULL,
  consent_sha256 text NOT NULL CHECK (length(consent_sha256) = 64),
  words bytea NOT NULL,
  PRIMARY KEY (account_id, share_id)
);
