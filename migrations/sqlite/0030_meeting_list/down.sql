DROP TABLE meeting_list;
