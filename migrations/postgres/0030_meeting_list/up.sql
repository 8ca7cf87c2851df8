-- Public meetings from the operator's feeds, a row a meeting and day. About nobody: no account, nothing sealed.
-- Times of day are minutes after midnight; day 0 is Sunday; types are JSON text.
CREATE TABLE meeting_list (
  id uuid NOT NULL PRIMARY KEY,
  source text NOT NULL CHECK (length(source) BETWEEN 1 AND 40),
  digest bytea NOT NULL,
  name text NOT NULL,
  fellowship text NOT NULL CHECK (length(fellowship) BETWEEN 1 AND 40),
  day smallint CHECK (day BETWEEN 0 AND 6),
  start_time smallint CHECK (start_time BETWEEN 0 AND 1439),
  end_time smallint CHECK (end_time BETWEEN 0 AND 1439),
  time_zone text NOT NULL,
  types text NOT NULL,
  format text CHECK (format IN ('in_person', 'online', 'hybrid')),
  address text,
  location text,
  conference_url text,
  conference_phone text,
  notes text,
  group_name text,
  latitude double precision CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision CHECK (longitude BETWEEN -180 AND 180),
  updated timestamptz
);
CREATE INDEX meeting_list_by_source ON meeting_list (source);
-- All that a search without a place looks at, in the order of the week.
CREATE INDEX meeting_list_by_week ON meeting_list (time_zone, day, start_time, id, fellowship, format, types);
CREATE INDEX meeting_list_by_appointment ON meeting_list (id) WHERE start_time IS NULL;
CREATE INDEX meeting_list_by_place ON meeting_list (latitude, longitude);
