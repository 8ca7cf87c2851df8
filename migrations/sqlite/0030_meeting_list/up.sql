-- Public meetings from the operator's feeds, a row a meeting and day. About nobody: no account, nothing sealed.
-- Times of day are minutes after midnight; day 0 is Sunday; types are JSON text.
CREATE TABLE meeting_list (
  id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 40),
  digest BLOB NOT NULL,
  name TEXT NOT NULL,
  fellowship TEXT NOT NULL CHECK (length(fellowship) BETWEEN 1 AND 40),
  day INTEGER CHECK (day BETWEEN 0 AND 6),
  start_time INTEGER CHECK (start_time BETWEEN 0 AND 1439),
  end_time INTEGER CHECK (end_time BETWEEN 0 AND 1439),
  time_zone TEXT NOT NULL,
  types TEXT NOT NULL,
  format TEXT CHECK (format IN ('in_person', 'online', 'hybrid')),
  address TEXT,
  location TEXT,
  conference_url TEXT,
  conference_phone TEXT,
  notes TEXT,
  group_name TEXT,
  latitude REAL CHECK (latitude BETWEEN -90 AND 90),
  longitude REAL CHECK (longitude BETWEEN -180 AND 180),
  updated INTEGER
) WITHOUT ROWID;
CREATE INDEX meeting_list_by_source ON meeting_list (source);
-- All that a search without a place looks at, in the order of the week.
CREATE INDEX meeting_list_by_week ON meeting_list (time_zone, day, start_time, id, fellowship, format, types);
CREATE INDEX meeting_list_by_appointment ON meeting_list (id) WHERE start_time IS NULL;
CREATE INDEX meeting_list_by_place ON meeting_list (latitude, longitude);
