DROP TABLE lapses;
