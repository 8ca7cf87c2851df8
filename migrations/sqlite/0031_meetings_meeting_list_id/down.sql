ALTER TABLE meetings DROP COLUMN meeting_list_id;
