-- Accounts, their keys, sessions and journals. Every key begins with the account.
CREATE TABLE accounts (
  account_id uuid NOT NULL PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('member', 'counselor')),
  email bytea NOT NULL,
  display_name bytea,
  time_zone text NOT NULL,
  day_starts_at smallint NOT NULL CHECK (day_starts_at BETWEEN 0 AND 360),
  country text CHECK (length(country) = 2),
  locale text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE TABLE data_keys (
  account_id uuid NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  wrapped bytea NOT NULL
);
CREATE TABLE email_addresses (
  email_hash bytea NOT NULL PRIMARY KEY,
  account_id uuid NOT NULL
);
CREATE TABLE journals (
  account_id uuid NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  revision bigint NOT NULL CHECK (revision >= 1),
  epoch uuid NOT NULL
);
CREATE TABLE sessions (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  session_id uuid NOT NULL,
  device_name bytea,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  refresh_hash bytea NOT NULL,
  previous_hash bytea,
  superseded_at timestamptz,
  rotated_at timestamptz NOT NULL,
  successor bytea,
  PRIMARY KEY (account_id, session_id)
);
CREATE TABLE security_events (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  event_id uuid NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  PRIMARY KEY (account_id, event_id)
);
CREATE TABLE login_failures (
  email_hash bytea NOT NULL PRIMARY KEY,
  failures integer NOT NULL CHECK (failures >= 1),
  last_at timestamptz NOT NULL
);
CREATE INDEX login_failures_by_time ON login_failures (last_at);
CREATE TABLE tombstones (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  collection text NOT NULL,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (account_id, collection, id)
);
CREATE INDEX tombstones_by_revision ON tombstones (account_id, revision);
