ALTER TABLE login_sessions RENAME TO sessions;
