-- Accounts, their keys, sessions and journals. Every key begins with the account.
-- Times are microseconds and dates days since 1970; *_at of words are sealed BLOBs.
CREATE TABLE accounts (
  account_id BLOB NOT NULL PRIMARY KEY CHECK (length(account_id) = 16),
  role TEXT NOT NULL CHECK (role IN ('member', 'counselor')),
  email BLOB NOT NULL,
  display_name BLOB,
  time_zone TEXT NOT NULL,
  day_starts_at INTEGER NOT NULL CHECK (day_starts_at BETWEEN 0 AND 360),
  country TEXT CHECK (length(country) = 2),
  locale TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE data_keys (
  account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  wrapped BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE email_addresses (
  email_hash BLOB NOT NULL PRIMARY KEY,
  account_id BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE journals (
  account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (account_id) ON DELETE CASCADE,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  epoch BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE sessions (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  session_id BLOB NOT NULL,
  device_name BLOB,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  refresh_hash BLOB NOT NULL,
  previous_hash BLOB,
  superseded_at INTEGER,
  rotated_at INTEGER NOT NULL,
  successor BLOB,
  PRIMARY KEY (account_id, session_id)
) WITHOUT ROWID;
CREATE TABLE security_events (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  event_id BLOB NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (account_id, event_id)
) WITHOUT ROWID;
CREATE TABLE login_failures (
  email_hash BLOB NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL CHECK (failures >= 1),
  last_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_failures_by_time ON login_failures (last_at);
CREATE TABLE tombstones (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  collection TEXT NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  PRIMARY KEY (account_id, collection, id)
) WITHOUT ROWID;
CREATE INDEX tombstones_by_revision ON tombstones (account_id, revision);
