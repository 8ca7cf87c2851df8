//! Golden vectors of `day`.

use super::*;
use chrono_tz::Tz;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn local(instant: &str, zone: &str, start: &str) -> String {
    let zone: Tz = zone.parse().unwrap();
    local_date(instant.parse().unwrap(), &zone, start.parse().unwrap()).to_string()
}

fn check(vectors: &[(&str, &str, &str, &str, &str)]) {
    for (instant, zone, start, expected, why) in vectors {
        assert_eq!(&local(instant, zone, start), expected, "{instant} {zone} {start}: {why}");
    }
}

#[test]
fn the_wall_clock_says_which_day_it_is() {
    let vectors = [
        (
            "2026-11-03T02:40:00Z",
            "America/New_York",
            "00:00",
            "2026-11-02",
            "21:40 the evening before, UTC−5",
        ),
        (
            "2026-11-03T05:00:00Z",
            "America/New_York",
            "00:00",
            "2026-11-03",
            "midnight exactly begins the day",
        ),
        ("2026-11-03T04:59:59Z", "America/New_York", "00:00", "2026-11-02", "a second before midnight"),
        (
            "2026-11-03T07:59:59Z",
            "America/New_York",
            "03:00",
            "2026-11-02",
            "02:59:59, and the day starts at three",
        ),
        ("2026-11-03T08:00:00Z", "America/New_York", "03:00", "2026-11-03", "03:00:00 exactly"),
        (
            "2026-11-03T10:59:00Z",
            "America/New_York",
            "06:00",
            "2026-11-02",
            "05:59, the latest possible start",
        ),
    ];
    check(&vectors);
}

#[test]
fn also_when_clocks_change_or_a_date_is_skipped() {
    let vectors = [
        (
            "2026-03-08T07:00:00Z",
            "America/New_York",
            "02:30",
            "2026-03-08",
            "clocks jump from 02:00 to 03:00: 03:00 is past 02:30",
        ),
        (
            "2026-03-08T06:59:59Z",
            "America/New_York",
            "02:30",
            "2026-03-07",
            "the second before the jump shows 01:59:59",
        ),
        ("2026-11-01T05:45:00Z", "America/New_York", "01:30", "2026-11-01", "01:45, the first time round"),
        (
            "2026-11-01T06:15:00Z",
            "America/New_York",
            "01:30",
            "2026-10-31",
            "01:15, the second time round: the wall clock rules",
        ),
        ("2026-11-01T06:45:00Z", "America/New_York", "01:30", "2026-11-01", "01:45 the second time"),
        (
            "2026-04-04T15:10:00Z",
            "Australia/Lord_Howe",
            "02:00",
            "2026-04-04",
            "half-hour change: 02:00+11 falls to 01:30+10:30, here 01:40",
        ),
        ("2026-04-04T15:30:00Z", "Australia/Lord_Howe", "02:00", "2026-04-05", "02:00+10:30"),
        (
            "2026-10-03T15:30:00Z",
            "Australia/Lord_Howe",
            "02:15",
            "2026-10-04",
            "02:00 jumps to 02:30, which is past 02:15",
        ),
        (
            "2011-12-30T09:59:59Z",
            "Pacific/Apia",
            "00:00",
            "2011-12-29",
            "Samoa's last second of the 29th, UTC−10",
        ),
        ("2011-12-30T10:00:00Z", "Pacific/Apia", "00:00", "2011-12-31", "the 30th never happened in Samoa"),
        (
            "2011-12-30T10:00:00Z",
            "Pacific/Apia",
            "04:00",
            "2011-12-30",
            "00:00 is before four: a date earlier, even one the zone skipped",
        ),
        (
            "2011-12-30T10:00:00Z",
            "Pacific/Honolulu",
            "00:00",
            "2011-12-30",
            "the same moment across the date line",
        ),
        (
            "2024-02-29T23:30:00Z",
            "Europe/Berlin",
            "00:00",
            "2024-03-01",
            "a leap day ends an hour earlier in Berlin",
        ),
        (
            "2024-02-29T23:30:00Z",
            "Europe/Berlin",
            "01:00",
            "2024-02-29",
            "and lasts till one where days start at one",
        ),
        ("2025-12-31T10:00:00Z", "Pacific/Kiritimati", "00:00", "2026-01-01", "UTC+14"),
    ];
    check(&vectors);
}

#[test]
fn travel_across_the_date_line_changes_the_date_not_the_moment() {
    let apia: Tz = "Pacific/Apia".parse().unwrap();
    let pago: Tz = "Pacific/Pago_Pago".parse().unwrap();
    let now = "2026-07-01T12:00:00Z".parse().unwrap();
    let start = DayStart::default();
    assert_eq!(local_date(now, &apia, start), date("2026-07-02"), "01:00 on the 2nd, UTC+13");
    assert_eq!(local_date(now, &pago, start), date("2026-07-01"), "01:00 on the 1st, UTC−11");
}

#[test]
fn day_starts_are_minutes_up_to_six() {
    for text in ["00:00", "03:30", "05:59", "06:00"] {
        assert_eq!(text.parse::<DayStart>().unwrap().to_string(), text);
    }
    for text in ["06:01", "24:00", "23:59", "3:30", "03:3", "03:30:00", "", "-1:00", "0 :00", "03.30"] {
        assert_eq!(text.parse::<DayStart>(), Err(NotADayStart), "{text:?}");
    }
}

#[test]
fn dates_nobody_has_lived_are_refused() {
    let now = "2026-11-22T09:59:59Z".parse().unwrap();
    assert_eq!(latest_local_date(now), date("2026-11-22"), "23:59:59 at UTC+14");
    assert_eq!(check_local_date(date("2026-11-22"), now), Ok(()));
    assert_eq!(check_local_date(date("2026-11-23"), now), Err(DateRefused::TooLate));
    let later = "2026-11-22T10:00:00Z".parse().unwrap();
    assert_eq!(check_local_date(date("2026-11-23"), later), Ok(()), "the 23rd has begun in Kiritimati");
    assert_eq!(check_local_date(date("1900-01-01"), now), Ok(()));
    assert_eq!(check_local_date(date("1899-12-31"), now), Err(DateRefused::TooEarly));
}

#[test]
fn anniversaries_are_calendar_ones_and_clamped() {
    let vectors = [
        ("2026-01-31", 1, "2026-02-28", "no 31 February"),
        ("2024-01-31", 1, "2024-02-29", "a leap year has one day more"),
        ("2026-01-31", 2, "2026-03-31", "a clamp does not carry over"),
        ("2024-02-29", 12, "2025-02-28", "the leap day's first anniversary"),
        ("2024-02-29", 48, "2028-02-29", "and its fourth"),
        ("2026-08-31", 6, "2027-02-28", "six months into February"),
        ("2026-08-01", 6, "2027-02-01", "nothing to clamp"),
        ("2026-11-30", 3, "2027-02-28", "over the turn of the year"),
        ("1900-01-31", 1, "1900-02-28", "1900 was no leap year"),
        ("2000-01-31", 1, "2000-02-29", "2000 was one"),
        ("2026-05-15", 0, "2026-05-15", "none"),
    ];
    for (from, months, expected, why) in vectors {
        assert_eq!(add_months(date(from), months), date(expected), "{from} + {months}: {why}");
    }
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    assert_eq!(week_start(date("2026-10-01")), date("2026-09-28"), "a Thursday");
    assert_eq!(week_start(date("2026-09-28")), date("2026-09-28"), "a Monday is its own");
    assert_eq!(week_start(date("2026-10-04")), date("2026-09-28"), "Sunday is the last day");
    assert_eq!(week_start(date("2027-01-01")), date("2026-12-28"), "week 53 of 2026");
    assert_eq!(month_start(date("2024-02-29")), date("2024-02-01"));
}

#[test]
fn counting_days_knows_leap_years() {
    assert_eq!(days_between(date("2024-02-28"), date("2024-03-01")), 2);
    assert_eq!(days_between(date("2026-02-28"), date("2026-03-01")), 1);
    assert_eq!(days_between(date("2026-03-01"), date("2026-02-28")), -1);
    assert_eq!(days_since(date("2026-03-01"), date("2026-02-28")), 0, "not below nothing");
    assert_eq!(add_days(NaiveDate::MAX, 1), NaiveDate::MAX, "the calendar ends quietly");
    assert_eq!(add_days(NaiveDate::MIN, -1), NaiveDate::MIN);
}

proptest! {
    #[test]
    fn a_day_start_moves_a_date_by_one_at_most(
        seconds in 0_i64..4_000_000_000,
        minutes in 0_u32..=360,
        zone in prop::sample::select(vec!["America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu"]),
    ) {
        let zone: Tz = zone.parse().unwrap();
        let instant = DateTime::from_timestamp(seconds, 0).unwrap();
        let start: DayStart = format!("{:02}:{:02}", minutes / 60, minutes % 60).parse().unwrap();
        let shown = wall_clock(instant, &zone);
        let lived = local_date(instant, &zone, start);
        prop_assert_eq!(lived == shown.date(), shown.time() >= start.0);
        prop_assert!((0..=1).contains(&days_between(lived, shown.date())));
        prop_assert!(lived <= latest_local_date(instant), "whatever the zone, the date is acceptable");
    }

    #[test]
    fn a_week_holds_its_date(days in -20_000_i64..60_000) {
        let day = add_days(date("1970-01-01"), days);
        prop_assert!((0..7).contains(&days_between(week_start(day), day)));
        prop_assert_eq!(week_start(add_days(week_start(day), 7)), add_days(week_start(day), 7));
    }

    #[test]
    fn anniversaries_never_go_back(days in -20_000_i64..60_000, months in 0_u32..600) {
        let day = add_days(date("1970-01-01"), days);
        let next = add_months(day, months);
        prop_assert!(next.day() <= day.day() && add_months(day, months + 1) > next);
        prop_assert_eq!(month_start(next), add_months(month_start(day), months));
    }
}
