DROP TABLE withdrawal_logs;
