-- `sessions` is a collection of the journal: counselling. A signed-in device is a login session.
ALTER TABLE sessions RENAME TO login_sessions;
