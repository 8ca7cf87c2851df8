DROP TABLE doses;
