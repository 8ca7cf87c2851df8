//! Where and when a meeting is: distances on the earth, and the next time that a weekly one begins.
//!
//! The earth is taken for a sphere, which is right to half a percent: nobody chooses a meeting by less. A
//! meeting begins when the wall clock of its own zone shows its time, also in the weeks when clocks change.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, TimeDelta, TimeZone, Utc};

use super::day::add_days;

/// The mean radius of the earth.
const EARTH_KM: f64 = 6_371.008_8;
/// Minutes of a day.
pub const DAY: i64 = 24 * 60;
/// Minutes of a week.
pub const WEEK: i64 = 7 * DAY;

/// A place on the earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// -90 to 90, north positive.
    pub latitude: f64,
    /// -180 to 180, east positive.
    pub longitude: f64,
}

/// What is certain to hold every point within a distance: a span of latitudes and two of longitudes, the second
/// of which is empty unless the area lies across the 180th meridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// South and north.
    pub latitudes: (f64, f64),
    /// West and east, twice.
    pub longitudes: [(f64, f64); 2],
}

/// A weekly time, by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekly {
    /// Sunday is 0.
    pub day: i64,
    /// Minutes after midnight.
    pub minute: i64,
}

impl Point {
    /// A place, if there is one with these degrees.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        on_earth.then_some(Self { latitude, longitude })
    }

    /// The great-circle distance to another place, in kilometres.
    #[must_use]
    pub fn distance_km(self, other: Self) -> f64 {
        let (here, there) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half = |one: f64, two: f64| ((two - one) / 2.0).sin().powi(2);
        let along = half(self.longitude.to_radians(), other.longitude.to_radians());
        let haversine = half(here, there) + here.cos() * there.cos() * along;
        2.0 * EARTH_KM * haversine.sqrt().min(1.0).asin()
    }

    /// The area that holds every place within `km`.
    #[must_use]
    pub fn area(self, km: f64) -> Area {
        const NONE: (f64, f64) = (1.0, 0.0);
        let angle = km / EARTH_KM;
        let degrees = angle.to_degrees();
        let latitudes = (self.latitude - degrees, self.latitude + degrees);
        let all = Area { latitudes, longitudes: [(-180.0, 180.0), NONE] };
        if latitudes.0 <= -90.0 || latitudes.1 >= 90.0 {
            // Around a pole every longitude is near.
            return all;
        }
        let sideways = (angle.sin() / self.latitude.to_radians().cos()).asin().to_degrees();
        let (west, east) = (self.longitude - sideways, self.longitude + sideways);
        let longitudes = if west < -180.0 {
            [(-180.0, east), (west + 360.0, 180.0)]
        } else if east > 180.0 {
            [(west, 180.0), (-180.0, east - 360.0)]
        } else {
            [(west, east), NONE]
        };
        Area { longitudes, ..all }
    }
}

impl Weekly {
    /// The wall clock's weekly time at an instant, seconds cut off.
    #[must_use]
    pub fn at<Z: TimeZone>(instant: DateTime<Utc>, zone: &Z) -> Self {
        let shown = super::day::wall_clock(instant, zone);
        let minute = shown.signed_duration_since(shown.date().into()).num_minutes();
        Self { day: shown.weekday().num_days_from_sunday().into(), minute }
    }

    /// Minutes since Sunday 00:00.
    #[must_use]
    pub const fn of_week(self) -> i64 {
        self.day * DAY + self.minute
    }

    /// When it comes next in `zone`, `from` itself included. A time that the clock leaves out begins when the
    /// clock goes on; of a time that it shows twice, the first one counts that is not over.
    #[must_use]
    pub fn next<Z: TimeZone>(self, zone: &Z, from: DateTime<Utc>) -> Option<DateTime<Z>> {
        let today = super::day::wall_clock(from, zone).date();
        let ahead = (self.day - i64::from(today.weekday().num_days_from_sunday())).rem_euclid(7);
        [ahead, ahead + 7].into_iter().find_map(|days| self.on(add_days(today, days), zone, from))
    }

    /// When it comes on a date, unless that is before `from`.
    fn on<Z: TimeZone>(self, date: NaiveDate, zone: &Z, from: DateTime<Utc>) -> Option<DateTime<Z>> {
        let shown = date.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::minutes(self.minute))?;
        // Clocks have been moved by up to a day.
        let found = (0..=DAY).find_map(|later| {
            match zone.from_local_datetime(&shown.checked_add_signed(TimeDelta::minutes(later))?) {
                LocalResult::None => None,
                found => Some(found),
            }
        })?;
        match found {
            LocalResult::Single(one) => Some(one).filter(|one| *one >= from),
            LocalResult::Ambiguous(first, second) => [first, second].into_iter().find(|one| *one >= from),
            LocalResult::None => None,
        }
    }
}

#[cfg(test)]
#[path = "meetings_tests.rs"]
mod tests;
