DROP TABLE disclosure_heads;
