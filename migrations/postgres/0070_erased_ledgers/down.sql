DROP TABLE erased_ledgers;
