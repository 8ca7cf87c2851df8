DROP TABLE care_episodes;
