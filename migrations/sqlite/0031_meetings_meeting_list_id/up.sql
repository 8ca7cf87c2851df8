-- The listed meeting that an attendance was logged from; what it said then is in the row itself.
ALTER TABLE meetings ADD COLUMN meeting_list_id BLOB CHECK (length(meeting_list_id) = 16);
