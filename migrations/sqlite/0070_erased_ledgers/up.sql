-- What is left of an erased account: who was shown what kind of thing on which day, sealed. The key is a keyed
-- hash of the account's id, so that only who knows that id and has the master key finds it.
CREATE TABLE erased_ledgers (
  ledger_id BLOB NOT NULL CHECK (length(ledger_id) = 16),
  erased_on INTEGER NOT NULL,
  disclosed BLOB NOT NULL,
  PRIMARY KEY (ledger_id)
) WITHOUT ROWID;
