-- Which shares are offered to an address, whether or not it has an account yet. Keyed by the keyed hash.
CREATE TABLE invitations (
  email_hash bytea NOT NULL,
  share_id uuid NOT NULL,
  account_id uuid NOT NULL,
  PRIMARY KEY (email_hash, share_id)
);
