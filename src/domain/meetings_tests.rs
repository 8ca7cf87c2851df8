//! Distances against published ones, areas against a search, and next occurrences across changes of clocks.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::{Area, DAY, Point, Weekly};

fn point(latitude: f64, longitude: f64) -> Point {
    Point::new(latitude, longitude).unwrap()
}

fn holds(area: &Area, place: Point) -> bool {
    let within = |(least, most): (f64, f64), value: f64| (least..=most).contains(&value);
    within(area.latitudes, place.latitude)
        && area.longitudes.iter().any(|span| within(*span, place.longitude))
}

#[test]
fn distances_are_the_published_ones() {
    for (one, other, km) in [
        // One degree of a great circle of a sphere of 6371.0088 km.
        (point(0.0, 0.0), point(0.0, 1.0), 111.195),
        (point(0.0, 0.0), point(1.0, 0.0), 111.195),
        (point(60.0, 0.0), point(60.0, 1.0), 55.596),
        (point(0.0, 0.0), point(0.0, 180.0), 20_015.115),
        (point(90.0, 0.0), point(-90.0, 77.0), 20_015.115),
        // Airports, by their reference points: JFK, LAX, LHR, SYD, AKL, HNL.
        (point(40.6398, -73.7789), point(33.9425, -118.4081), 3_974.0),
        (point(40.6398, -73.7789), point(51.4706, -0.4619), 5_540.0),
        (point(-33.9461, 151.1772), point(-37.0081, 174.7917), 2_158.0),
        (point(-37.0081, 174.7917), point(21.3187, -157.9225), 7_089.0),
        (point(40.7484, -73.9857), point(40.7484, -73.9857), 0.0),
    ] {
        let found = one.distance_km(other);
        assert!((found - km).abs() <= 0.001_f64.max(km * 0.001), "{found} instead of {km}");
        assert!((found - other.distance_km(one)).abs() < 1e-9);
    }
    assert_eq!(Point::new(90.1, 0.0), None);
    assert_eq!(Point::new(0.0, f64::NAN), None);
}

#[test]
fn an_area_goes_around_the_back_of_the_earth() {
    let fiji = point(-17.0, 179.9).area(50.0);
    assert!(holds(&fiji, point(-17.0, -179.9)) && !holds(&fiji, point(-17.0, 0.0)));
    assert!(!holds(&fiji, point(-17.0, 178.0)));
    assert!(holds(&point(89.9, 10.0).area(50.0), point(89.8, -170.0)), "around the pole");
}

proptest! {
    #[test]
    fn nothing_near_is_outside_its_area(
        latitude in -90.0..90.0_f64, longitude in -180.0..180.0_f64,
        north in -2.5..2.5_f64, east in -180.0..180.0_f64, km in 1.0..200.0_f64,
    ) {
        let here = point(latitude, longitude);
        let there = point((latitude + north).clamp(-90.0, 90.0), east);
        let beside = point((latitude + north).clamp(-90.0, 90.0), (longitude + north).clamp(-180.0, 180.0));
        for place in [there, beside] {
            prop_assert!(here.distance_km(place) > km || holds(&here.area(km), place));
        }
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

#[track_caller]
fn next(zone: Tz, day: i64, time: &str, from: &str) -> String {
    let (hour, minute) = time.split_once(':').unwrap();
    let minute = hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap();
    Weekly { day, minute }.next(&zone, utc(from)).unwrap().to_rfc3339()
}

#[test]
fn the_next_occurrence_is_by_the_meetings_own_clock() {
    use chrono_tz::{America::New_York, Asia::Kathmandu, Europe::Berlin, Pacific::Kiritimati};
    for (zone, day, time, from, wanted) in [
        // Wednesday 2026-11-25, 07:00 in New York.
        (New_York, 3, "19:00", "2026-11-25T12:00:00Z", "2026-11-25T19:00:00-05:00"),
        (New_York, 3, "06:30", "2026-11-25T12:00:00Z", "2026-12-02T06:30:00-05:00"),
        (New_York, 3, "07:00", "2026-11-25T12:00:00Z", "2026-11-25T07:00:00-05:00"),
        (New_York, 3, "07:00", "2026-11-25T12:00:01Z", "2026-12-02T07:00:00-05:00"),
        (New_York, 2, "23:59", "2026-11-25T12:00:00Z", "2026-12-01T23:59:00-05:00"),
        // Where it is another day already, or still.
        (Kiritimati, 4, "08:00", "2026-11-25T12:00:00Z", "2026-11-26T08:00:00+14:00"),
        (Kathmandu, 3, "18:15", "2026-11-25T12:00:00Z", "2026-11-25T18:15:00+05:45"),
        // The same wall clock on both sides of a change: 2026-11-01 in New York, 2026-10-25 in Berlin.
        (New_York, 0, "19:00", "2026-10-31T12:00:00Z", "2026-11-01T19:00:00-05:00"),
        (New_York, 6, "19:00", "2026-10-31T12:00:00Z", "2026-10-31T19:00:00-04:00"),
        (Berlin, 0, "10:00", "2026-10-24T22:30:00Z", "2026-10-25T10:00:00+01:00"),
        (Berlin, 6, "10:00", "2027-03-27T12:00:00Z", "2027-04-03T10:00:00+02:00"),
        // 02:30 does not exist on 2026-03-08: it begins when the clock goes on, and is itself a week later.
        (New_York, 0, "02:30", "2026-03-08T05:00:00Z", "2026-03-08T03:00:00-04:00"),
        (New_York, 0, "02:30", "2026-03-08T07:00:01Z", "2026-03-15T02:30:00-04:00"),
        // 01:30 comes twice on 2026-11-01.
        (New_York, 0, "01:30", "2026-11-01T05:00:00Z", "2026-11-01T01:30:00-04:00"),
        (New_York, 0, "01:30", "2026-11-01T06:00:00Z", "2026-11-01T01:30:00-05:00"),
        (New_York, 0, "01:30", "2026-11-01T06:31:00Z", "2026-11-08T01:30:00-05:00"),
    ] {
        assert_eq!(next(zone, day, time, from), wanted, "day {day}, {time}, from {from}");
    }
    // Samoa left out 30 December 2011, a Friday.
    let apia = chrono_tz::Pacific::Apia;
    assert_eq!(next(apia, 5, "19:00", "2011-12-29T12:00:00Z"), "2011-12-31T00:00:00+14:00");
}

proptest! {
    #[test]
    fn the_next_occurrence_is_within_the_week_and_on_its_day(
        day in 0..7_i64, minute in 0..DAY, from in 1_700_000_000_i64..1_900_000_000, zone in 0..6_usize,
    ) {
        let zone = [Tz::UTC, Tz::America__New_York, Tz::Europe__Berlin, Tz::Australia__Lord_Howe,
            Tz::America__St_Johns, Tz::Asia__Kathmandu][zone];
        let from = DateTime::from_timestamp(from, 0).unwrap();
        let next = Weekly { day, minute }.next(&zone, from).unwrap();
        prop_assert!(next >= from && next.to_utc() - from <= TimeDelta::minutes(super::WEEK + 60));
        let shown = Weekly::at(next.to_utc(), &zone);
        let late = shown.of_week() - Weekly { day, minute }.of_week();
        prop_assert!((0..=60).contains(&late), "{shown:?} is {late} minutes late");
    }
}
