DROP TABLE clocks;
