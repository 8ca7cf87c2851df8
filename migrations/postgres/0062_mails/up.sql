-- Mails to be sent, and for a day which were. Keyed by the keyed hash of the address; what is needed to write one
-- is sealed, and erased once it was sent or is not worth sending any more (next_at is null).
CREATE TABLE mails (
  email_hash bytea NOT NULL,
  mail_id uuid NOT NULL,
  kind text NOT NULL,
  sealed bytea,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  attempts integer NOT NULL CHECK (attempts >= 0),
  next_at timestamptz,
  sent_at timestamptz,
  PRIMARY KEY (email_hash, mail_id)
);
CREATE INDEX mails_by_next ON mails (next_at);
