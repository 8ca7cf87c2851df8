DROP TABLE tombstones;
DROP TABLE login_failures;
DROP TABLE security_events;
DROP TABLE sessions;
DROP TABLE journals;
DROP TABLE email_addresses;
DROP TABLE data_keys;
DROP TABLE accounts;
