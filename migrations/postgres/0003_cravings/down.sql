DROP TABLE cravings;
