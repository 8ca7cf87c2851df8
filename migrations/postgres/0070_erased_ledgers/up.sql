-- What is left of an erased account: who was shown what kind of thing on which day, sealed. The key is a keyed
-- hash of the account's id, so that only who knows that id and has the master key finds it.
CREATE TABLE erased_ledgers (
  ledger_id uuid NOT NULL,
  erased_on date NOT NULL,
  disclosed bytea NOT NULL,
  PRIMARY KEY (ledger_id)
);
