-- How a day was, or a part of it. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE check_ins (
  account_id BLOB NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id BLOB NOT NULL CHECK (length(id) = 16),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  local_date INTEGER NOT NULL,
  slot TEXT NOT NULL CHECK (slot IN ('day', 'morning', 'evening')),
  mood INTEGER CHECK (mood BETWEEN 0 AND 10),
  anxiety INTEGER CHECK (anxiety BETWEEN 0 AND 10),
  stress INTEGER CHECK (stress BETWEEN 0 AND 10),
  energy INTEGER CHECK (energy BETWEEN 0 AND 10),
  pain INTEGER CHECK (pain BETWEEN 0 AND 10),
  craving INTEGER CHECK (craving BETWEEN 0 AND 10),
  commitment INTEGER CHECK (commitment BETWEEN 0 AND 10),
  sleep_hours REAL CHECK (sleep_hours BETWEEN 0 AND 24),
  sleep_quality INTEGER CHECK (sleep_quality BETWEEN 0 AND 10),
  substance_free INTEGER CHECK (substance_free IN (0, 1)),
  intention BLOB,
  gratitude BLOB,
  note BLOB,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID;
CREATE INDEX check_ins_by_revision ON check_ins (account_id, revision);
-- Holds all that streaks and day states ask of check-ins, so that they are read from here alone.
CREATE INDEX check_ins_by_date ON check_ins (account_id, local_date, id, substance_free);
