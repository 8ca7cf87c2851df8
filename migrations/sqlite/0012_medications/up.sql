-- Prescribed medications and naloxone kits. Words are sealed.
CREATE TABLE medications (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  name BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('methadone', 'buprenorphine', 'buprenorphine_naloxone', 'naltrexone_oral', 'naltrexone_xr', 'naloxone_kit', 'other')),
  route TEXT,
  dose_value TEXT,
  dose_unit TEXT,
  schedule TEXT NOT NULL CHECK (schedule IN ('daily', 'every_n_days', 'weekly', 'monthly', 'as_needed')),
  every_n_days INTEGER CHECK (every_n_days BETWEEN 1 AND 365),
  starts_on INTEGER NOT NULL,
  ends_on INTEGER,
  expires_on INTEGER,
  prescriber BLOB,
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX medications_by_revision ON medications (account_id, revision);
