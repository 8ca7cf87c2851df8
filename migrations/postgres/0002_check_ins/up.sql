-- How a day was, or a part of it. Words are sealed; lists of ids and words are JSON text.
CREATE TABLE check_ins (
  account_id uuid NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  id uuid NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  local_date date NOT NULL,
  slot text NOT NULL CHECK (slot IN ('day', 'morning', 'evening')),
  mood smallint CHECK (mood BETWEEN 0 AND 10),
  anxiety smallint CHECK (anxiety BETWEEN 0 AND 10),
  stress smallint CHECK (stress BETWEEN 0 AND 10),
  energy smallint CHECK (energy BETWEEN 0 AND 10),
  pain smallint CHECK (pain BETWEEN 0 AND 10),
  craving smallint CHECK (craving BETWEEN 0 AND 10),
  commitment smallint CHECK (commitment BETWEEN 0 AND 10),
  sleep_hours double precision CHECK (sleep_hours BETWEEN 0 AND 24),
  sleep_quality smallint CHECK (sleep_quality BETWEEN 0 AND 10),
  substance_free boolean,
  intention bytea,
  gratitude bytea,
  note bytea,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX check_ins_by_revision ON check_ins (account_id, revision);
-- Holds all that streaks and day states ask of check-ins, so that they are read from here alone.
CREATE INDEX check_ins_by_date ON check_ins (account_id, local_date, id, substance_free);
