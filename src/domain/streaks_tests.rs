//! Golden vectors of `streaks`.

use super::*;
use chrono_tz::Tz;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dates(texts: &str) -> Vec<NaiveDate> {
    texts.split_whitespace().map(date).collect()
}

#[test]
fn check_ins_in_a_row() {
    let vectors = [
        ("", "2026-03-10", (0, 0, 0), None, "nothing yet"),
        ("2026-03-10", "2026-03-10", (1, 1, 1), Some("2026-03-10"), "today"),
        ("2026-03-09", "2026-03-10", (1, 1, 1), Some("2026-03-09"), "yesterday: today is still open"),
        ("2026-03-08", "2026-03-10", (0, 1, 1), Some("2026-03-08"), "the day before yesterday: over"),
        ("2026-03-08 2026-03-09 2026-03-10", "2026-03-10", (3, 3, 3), Some("2026-03-10"), "three"),
        (
            "2026-03-10 2026-03-08 2026-03-09 2026-03-08",
            "2026-03-10",
            (3, 3, 3),
            Some("2026-03-10"),
            "any order, one date twice",
        ),
        (
            "2026-03-01 2026-03-02 2026-03-03 2026-03-09",
            "2026-03-10",
            (1, 3, 4),
            Some("2026-03-09"),
            "the longest was earlier",
        ),
        (
            "2026-03-09 2026-03-11",
            "2026-03-10",
            (1, 1, 1),
            Some("2026-03-09"),
            "tomorrow's counts for nothing",
        ),
        (
            "2026-03-10 2026-03-11 2026-03-12",
            "2026-03-10",
            (1, 1, 1),
            Some("2026-03-10"),
            "also in the longest",
        ),
        ("2024-02-28 2024-02-29 2024-03-01", "2024-03-01", (3, 3, 3), Some("2024-03-01"), "over a leap day"),
        ("2026-02-28 2026-03-01", "2026-03-02", (2, 2, 2), Some("2026-03-01"), "no leap day"),
        ("2025-12-31 2026-01-01", "2026-01-01", (2, 2, 2), Some("2026-01-01"), "over the turn of the year"),
        (
            "2011-12-29 2011-12-31",
            "2011-12-31",
            (1, 1, 2),
            Some("2011-12-31"),
            "Samoa skipped the 30th; civil dates do not",
        ),
    ];
    for (written, today, (current, longest, total_days), last, why) in vectors {
        let expected = CheckInStreak { current, longest, total_days, last_date: last.map(date) };
        assert_eq!(check_in_streak(dates(written), date(today)), expected, "{why}");
    }
}

#[test]
fn weeks_of_meetings_in_a_row() {
    // Mondays: 23 February, 2, 9 and 16 March 2026.
    let vectors = [
        ("", "2026-03-11", (0, 0), "none"),
        ("2026-03-09", "2026-03-15", (1, 1), "Monday counts till Sunday"),
        ("2026-03-08", "2026-03-09", (1, 1), "Sunday's week is last week; this one is open"),
        ("2026-03-08", "2026-03-15", (1, 1), "open till its Sunday"),
        ("2026-03-08", "2026-03-16", (0, 1), "a whole week without: over"),
        ("2026-03-02 2026-03-15", "2026-03-15", (2, 2), "first and last day of neighbouring weeks"),
        ("2026-03-01 2026-03-09", "2026-03-11", (1, 1), "8 days apart, yet the week of 2 March had none"),
        (
            "2026-02-23 2026-03-08 2026-03-09 2026-03-09",
            "2026-03-11",
            (3, 3),
            "three weeks, one of them with two",
        ),
        (
            "2025-12-28 2025-12-31 2026-01-05",
            "2026-01-05",
            (3, 3),
            "weeks 52, 1 and 2 over the turn of the year",
        ),
        ("2026-12-27 2026-12-31 2027-01-04", "2027-01-04", (3, 3), "weeks 52, 53 and 1"),
        ("2026-03-09 2026-03-16", "2026-03-11", (1, 1), "next week's counts for nothing"),
        ("2026-03-11 2026-03-13", "2026-03-11", (1, 1), "nor does one later this week"),
        ("2026-03-13", "2026-03-11", (0, 0), "even as the only one"),
    ];
    for (written, today, expected, why) in vectors {
        let got = meeting_streak(dates(written), [], date(today));
        assert_eq!((got.current_weeks, got.longest_weeks), expected, "{why}");
    }
}

#[test]
fn meetings_are_counted_not_dates() {
    let today = date("2026-03-31");
    let ago = |days: &[i64]| days.iter().map(|&n| add_days(today, -n)).collect::<Vec<_>>();
    let got = meeting_streak(ago(&[0, 0, 6, 7, 29, 30, 89, 90, -1]), [], today);
    assert_eq!(got.last_7_days, 3, "two today and one 6 days ago, the seventh date");
    assert_eq!(got.last_30_days, 5, "and those 7 and 29 days ago");
    assert_eq!(got.last_90_days, 7, "and those 30 and 89 days ago");
    assert_eq!(got.total, 8, "all but tomorrow's");
    assert_eq!(got.next_milestone, MeetingMilestone { meetings: 10, left: 2 });
}

#[test]
fn ninety_in_ninety_begins_with_the_newest_goal() {
    let today = date("2026-03-31");
    let attended: Vec<NaiveDate> = (0..100).map(|n| add_days(today, -n)).collect();
    let with = |goals: &str| {
        let got = meeting_streak(attended.iter().copied(), dates(goals), today).ninety_in_ninety;
        (got.started_on.to_string(), got.attended, got.of)
    };
    assert_eq!(with(""), ("2026-01-01".to_owned(), 90, 90), "no goal: the last 90 dates, 31 + 28 + 31");
    assert_eq!(with("2026-03-01"), ("2026-03-01".to_owned(), 31, 90), "31 dates so far");
    assert_eq!(
        with("2026-03-01 2026-03-22 2026-01-15"),
        ("2026-03-22".to_owned(), 10, 90),
        "the greatest start"
    );
    assert_eq!(
        with("2026-03-01 2026-04-01"),
        ("2026-03-01".to_owned(), 31, 90),
        "one after today is not yet one"
    );
    assert_eq!(with("2026-03-31"), ("2026-03-31".to_owned(), 1, 90), "today's");
    assert_eq!(
        with("2025-12-15"),
        ("2025-12-15".to_owned(), 83, 90),
        "its 90 dates ended on 14 March; meetings since 22 December: 10 + 31 + 28 + 14"
    );
}

proptest! {
    #[test]
    fn a_late_entry_never_shortens(written in prop::collection::vec(0_i64..60, 0..50), late in 0_i64..60, now in 0_i64..60) {
        let day = |n: i64| add_days(date("2026-01-01"), n);
        let before = check_in_streak(written.iter().map(|&n| day(n)), day(now));
        let after = check_in_streak(written.iter().chain([&late]).map(|&n| day(n)), day(now));
        prop_assert!(after.current >= before.current && after.longest >= before.longest);
        prop_assert!(after.total_days >= before.total_days && after.last_date >= before.last_date);
        let before = meeting_streak(written.iter().map(|&n| day(n)), [], day(now));
        let after = meeting_streak(written.iter().chain([&late]).map(|&n| day(n)), [], day(now));
        prop_assert!(after.current_weeks >= before.current_weeks && after.longest_weeks >= before.longest_weeks);
        prop_assert_eq!(after.total, before.total + u32::from(late <= now));
    }

    #[test]
    fn streaks_hold_together(mut written in prop::collection::vec(0_i64..60, 0..50), now in 0_i64..60) {
        let day = |n: i64| add_days(date("2026-01-01"), n);
        let got = check_in_streak(written.iter().map(|&n| day(n)), day(now));
        prop_assert!(got.current <= got.longest && got.longest <= got.total_days);
        // The naive count: step back from today, or from yesterday, while there is an entry.
        let has = |n: i64| written.contains(&n);
        let from = if has(now) { now } else { now - 1 };
        let naive = (0..=from).rev().take_while(|&n| has(n)).count();
        prop_assert_eq!(got.current as usize, naive);
        let meetings = meeting_streak(written.iter().map(|&n| day(n)), [], day(now));
        prop_assert!(meetings.current_weeks <= meetings.longest_weeks && meetings.longest_weeks <= meetings.total);
        prop_assert!(meetings.last_7_days <= meetings.last_30_days && meetings.last_30_days <= meetings.last_90_days);
        written.reverse();
        prop_assert_eq!(got, check_in_streak(written.iter().map(|&n| day(n)), day(now)), "order never matters");
        prop_assert_eq!(meetings, meeting_streak(written.iter().map(|&n| day(n)), [], day(now)));
    }

    /// Somebody who checks in at noon every day has a streak as long as the days are many, also over clock
    /// changes.
    #[test]
    fn clock_changes_break_no_streak(
        start in 0_i64..1_000,
        length in 1_i64..400,
        zone in prop::sample::select(vec!["America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    ) {
        use super::super::day::{DayStart, local_date};
        let zone: Tz = zone.parse().unwrap();
        let first = add_days(date("2024-01-01"), start);
        let noon = |n: i64| add_days(first, n).and_hms_opt(12, 0, 0).unwrap().and_local_timezone(zone).unwrap().to_utc();
        let day_start: DayStart = "04:00".parse().unwrap();
        let lived: Vec<NaiveDate> = (0..length).map(|n| local_date(noon(n), &zone, day_start)).collect();
        let got = check_in_streak(lived, local_date(noon(length), &zone, day_start));
        prop_assert_eq!(i64::from(got.current), length, "yesterday's was the last");
    }
}
