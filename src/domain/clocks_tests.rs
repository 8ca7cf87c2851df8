//! Golden vectors of `clocks`.

use super::super::milestones::Milestone;
use super::*;

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// `2026-02-10>2026-02-12` was resumed, `2026-02-10>` is open.
fn lapses(texts: &[&str]) -> Vec<Lapse> {
    let lapse = |text: &&str| {
        let (used_on, resumed_on) = text.split_once('>').unwrap();
        Lapse { used_on: date(used_on), resumed_on: resumed_on.parse().ok() }
    };
    texts.iter().map(lapse).collect()
}

pub(super) fn figures(
    started_on: &str,
    reset_policy: ResetPolicy,
    lapses: &[Lapse],
    today: &str,
) -> ClockFigures {
    let clock = Clock { started_on: date(started_on), reset_policy, lapses, daily_cost: None };
    clock.figures(&Reports::default(), date(today))
}

/// status, since, current, longest, journey, substance-free, lapses counted
type Answer<'a> = (ClockStatus, &'a str, u32, u32, u32, u32, u32);

fn check(start: &str, policy: ResetPolicy, written: &[&str], today: &str, expected: Answer, why: &str) {
    let mut order = lapses(written);
    for _ in 0..2 {
        let got = figures(start, policy, &order, today);
        let since = got.since.to_string();
        let answer = (
            got.status,
            since.as_str(),
            got.current_days,
            got.longest_days,
            got.journey_days,
            got.substance_free_days,
            got.lapse_count,
        );
        assert_eq!(answer, expected, "{why}");
        assert_eq!(got.day_number, got.current_days + 1, "{why}");
        order.reverse();
    }
}

// 2026-01-01 to 2026-04-11 are 31 + 28 + 31 + 10 = 100 days; 10 February is day 40, 1 April day 90.
pub(super) const START: &str = "2026-01-01";
pub(super) const TODAY: &str = "2026-04-11";

#[test]
fn reset_clocks_that_run() {
    use ClockStatus::Running;
    let vectors: &[(&[&str], Answer, &str)] = &[
        (
            &[],
            (Running, START, 100, 100, 100, 100, 0),
            "no lapse: everything is the journey, without a single check-in",
        ),
        (
            &["2026-02-10>2026-02-12"],
            (Running, "2026-02-12", 58, 58, 100, 98, 1),
            "spans 40 and 16 + 31 + 11 = 58; used the 10th and the 11th",
        ),
        (
            &["2026-02-10>2026-02-10"],
            (Running, "2026-02-10", 60, 60, 100, 99, 1),
            "resumed the same day: that one date is used, the span runs from it",
        ),
        (
            &["2026-04-01>2026-04-02"],
            (Running, "2026-04-02", 9, 90, 100, 99, 1),
            "the first span stays the longest",
        ),
        (
            &["2026-01-11>2026-01-12", "2026-03-12>2026-03-13"],
            (Running, "2026-03-13", 29, 59, 100, 98, 2),
            "spans 10, 19 + 28 + 12 = 59, 29: the one in the middle",
        ),
        (
            &["2026-02-10>2026-02-10", "2026-02-11>2026-02-11"],
            (Running, "2026-02-11", 59, 59, 100, 98, 2),
            "two days in a row, each resumed the same day: spans 40, 1, 59",
        ),
        (
            &["2026-04-01>2026-04-11"],
            (Running, "2026-04-11", 0, 90, 100, 90, 1),
            "resumed today: running, day 1",
        ),
        (
            &["2026-04-11>2026-04-11"],
            (Running, "2026-04-11", 0, 100, 100, 100, 1),
            "used and resumed today: today is not counted as lost before it is over",
        ),
        (
            &["2026-02-01>2026-02-20", "2026-02-10>2026-02-12"],
            (Running, "2026-02-20", 50, 50, 100, 81, 2),
            "one inside the other: no span from the 12th; used 1 to 19 February; two records",
        ),
        (
            &["2026-02-01>2026-02-10", "2026-02-05>2026-02-20"],
            (Running, "2026-02-20", 50, 50, 100, 81, 2),
            "overlapping at the edge: the same dates are not used twice",
        ),
        (
            &["2026-02-01>2026-02-05", "2026-02-05>2026-02-08"],
            (Running, "2026-02-08", 62, 62, 100, 93, 2),
            "touching: used 4 + 3 dates, a span of none between them",
        ),
        (
            &["2026-02-10>2026-02-12", "2026-02-10>2026-02-12"],
            (Running, "2026-02-12", 58, 58, 100, 98, 2),
            "sent twice under two ids: two records, the same days",
        ),
        (
            &["2026-02-10>2026-02-10", "2026-02-10>2026-02-13"],
            (Running, "2026-02-13", 57, 57, 100, 97, 2),
            "one of a day and a longer one of the same day: used 10, 11, 12",
        ),
        (
            &["2025-12-20>2026-01-10", "2025-12-31>"],
            (Running, START, 100, 100, 100, 100, 0),
            "before the start they count for nothing, also when they reach into the journey or never ended",
        ),
        (
            &["2026-04-12>", "2026-05-01>2026-05-02"],
            (Running, START, 100, 100, 100, 100, 0),
            "after today they count for nothing",
        ),
        (
            &["2026-01-01>2026-01-01"],
            (Running, START, 100, 100, 100, 99, 1),
            "on the start date itself: a span of none, then the whole journey",
        ),
        (&["2026-01-01>2026-01-03"], (Running, "2026-01-03", 98, 98, 100, 98, 1), "used the first two dates"),
        (
            &["2026-02-10>2026-02-08"],
            (Running, "2026-02-10", 60, 60, 100, 99, 1),
            "a resumption before the use cannot be: taken as the same day",
        ),
    ];
    for (written, expected, why) in vectors {
        check(START, ResetPolicy::Reset, written, TODAY, *expected, why);
    }
}

#[test]
fn reset_clocks_with_an_open_lapse() {
    use ClockStatus::OpenLapse;
    let vectors: &[(&[&str], Answer, &str)] = &[
        (
            &["2026-02-10>"],
            (OpenLapse, START, 0, 40, 100, 40, 1),
            "open: used from 10 February to yesterday, 60 dates; the 40 days before stay",
        ),
        (
            &["2026-04-11>"],
            (OpenLapse, START, 0, 100, 100, 100, 1),
            "open since today: yesterday ends what is counted",
        ),
        (
            &["2026-04-01>2026-04-20"],
            (OpenLapse, START, 0, 90, 100, 90, 1),
            "to be resumed in the future is open; used 1 to 10 April",
        ),
        (
            &["2026-04-01>2026-04-12"],
            (OpenLapse, START, 0, 90, 100, 90, 1),
            "resuming tomorrow is still in the future",
        ),
        (
            &["2026-02-10>2026-02-12", "2026-04-01>2026-04-20"],
            (OpenLapse, "2026-02-12", 0, 48, 100, 88, 2),
            "since is the newest resumption that is not after today; spans 40 and 16 + 31 + 1 = 48; used 2 + 10",
        ),
        (
            &["2026-02-10>", "2026-03-01>2026-03-05"],
            (OpenLapse, "2026-03-05", 0, 40, 100, 40, 2),
            "the open one covers the later one and stays open; no span from 5 March",
        ),
        (
            &["2026-02-10>2026-05-01", "2026-03-01>"],
            (OpenLapse, START, 0, 40, 100, 40, 2),
            "both open, one of them planned to end",
        ),
        (
            &["2026-04-01>2026-04-20", "2026-04-15>"],
            (OpenLapse, START, 0, 90, 100, 90, 1),
            "one to come changes nothing of the open one",
        ),
    ];
    for (written, expected, why) in vectors {
        check(START, ResetPolicy::Reset, written, TODAY, *expected, why);
    }
}

#[test]
fn keep_and_count_clocks() {
    use ClockStatus::{OpenLapse, Running};
    let vectors: &[(&[&str], Answer, &str)] = &[
        (&[], (Running, START, 100, 100, 100, 100, 0), "no lapse: as under reset"),
        (
            &["2026-02-10>2026-02-12"],
            (Running, START, 98, 98, 100, 98, 1),
            "two used dates are left out, nothing restarts",
        ),
        (
            &["2026-04-01>"],
            (OpenLapse, START, 90, 90, 100, 90, 1),
            "open is reported and takes only its own dates",
        ),
        (
            &["2026-02-01>2026-02-20", "2026-02-10>2026-02-12"],
            (Running, START, 81, 81, 100, 81, 2),
            "overlapping dates are left out once",
        ),
    ];
    for (written, expected, why) in vectors {
        check(START, ResetPolicy::KeepAndCount, written, TODAY, *expected, why);
    }
}

#[test]
fn first_days_leap_days_and_clocks_to_come() {
    use ClockStatus::Running;
    let vectors = [
        (START, START, (Running, START, 0, 0, 0, 0, 0), "the first day is day 1"),
        ("2026-04-12", TODAY, (Running, "2026-04-12", 0, 0, 0, 0, 0), "starts tomorrow: listed with zeros"),
        ("2024-02-28", "2024-03-01", (Running, "2024-02-28", 2, 2, 2, 2, 0), "2024 has a 29 February"),
        ("2026-02-28", "2026-03-01", (Running, "2026-02-28", 1, 1, 1, 1, 0), "2026 has none"),
        (
            "1900-01-01",
            "2026-01-01",
            (Running, "1900-01-01", 46_021, 46_021, 46_021, 46_021, 0),
            "126 × 365 + 31 leap days (1904 to 2024; 1900 was none)",
        ),
    ];
    for (start, today, expected, why) in vectors {
        check(start, ResetPolicy::Reset, &[], today, expected, why);
    }
    let each_day = ["2026-01-01>2026-01-01", "2026-01-02>2026-01-02"];
    let expected = (Running, "2026-01-02", 0, 1, 1, 0, 2);
    let why = "used and resumed on the first and the second day: between them lies a span of one day";
    check(START, ResetPolicy::Reset, &each_day, "2026-01-02", expected, why);
    let to_come = figures("2026-05-01", ResetPolicy::Reset, &lapses(&["2026-05-02>"]), TODAY);
    assert_eq!((to_come.status, to_come.last_milestone), (Running, None));
    let first = Upcoming { milestone: Milestone::Hours24, on: date("2026-05-02"), days_left: 21 };
    assert_eq!(to_come.next_milestone, Some(first), "19 days of April and two");
    assert_eq!(to_come.pda_30, Figure::NeedsMore { have: 0, need: 7 });
}

#[test]
fn the_worked_example_of_the_design() {
    // 210 days from 18 October 2025: 13 + 30 + 31 + 31 + 28 + 31 + 30 = 194 to 30 April, so 16 May. Used 1 +
    // 3 dates.
    let written = lapses(&["2026-05-16>2026-05-17", "2026-07-29>2026-08-01"]);
    let cost: Decimal = "10.00".parse().unwrap();
    let clock = Clock {
        started_on: date("2025-10-18"),
        reset_policy: ResetPolicy::Reset,
        lapses: &written,
        daily_cost: Some(&cost),
    };
    let today = date("2026-11-22");
    // 9 free days of the last 30 dates (from 24 October), 10 more of the 60 before.
    let free =
        |from: &str, days: i64| (0..days).map(move |n| (add_days(date(from), n), true)).collect::<Vec<_>>();
    let reports = Reports::new(free("2026-10-24", 9).into_iter().chain(free("2026-09-01", 10)), [], today);
    let got = clock.figures(&reports, today);
    let days =
        (got.current_days, got.day_number, got.longest_days, got.journey_days, got.substance_free_days);
    assert_eq!(days, (113, 114, 210, 400, 396));
    let last = Reached { milestone: Milestone::Days(90), reached_on: date("2026-10-30") };
    let next = Upcoming { milestone: Milestone::Months(6), on: date("2027-02-01"), days_left: 71 };
    assert_eq!((got.last_milestone, got.next_milestone), (Some(last), Some(next)));
    assert_eq!(got.pda_30, Figure::Ok(Pda { value: 100.0, known_days: 9 }));
    assert_eq!(got.pda_90, Figure::NeedsMore { have: 19, need: 21 });
    assert_eq!(got.money_kept.map(|money| money.to_string()), Some("3960.00".to_owned()));
    assert!(
        got.message.contains("396 days substance-free") && got.message.contains("210 days"),
        "{}",
        got.message
    );
}

#[test]
fn milestones_under_an_open_lapse() {
    let open = lapses(&["2026-04-01>"]);
    let reset = figures(START, ResetPolicy::Reset, &open, TODAY);
    assert_eq!((reset.last_milestone, reset.next_milestone), (None, None), "reset: null while open");
    let keep = figures(START, ResetPolicy::KeepAndCount, &open, TODAY);
    let last = Reached { milestone: Milestone::Days(90), reached_on: date("2026-04-01") };
    let next = Upcoming { milestone: Milestone::Months(6), on: date("2026-07-01"), days_left: 81 };
    assert_eq!(keep.last_milestone, Some(last), "keep_and_count: by the calendar from the start");
    assert_eq!(keep.next_milestone, Some(next), "19 + 31 + 30 + 1");
}

#[test]
fn a_check_in_colours_its_day_and_restarts_nothing() {
    let today = date(TODAY);
    let clock =
        Clock { started_on: date(START), reset_policy: ResetPolicy::Reset, lapses: &[], daily_cost: None };
    let said = (0..10).map(|n| (add_days(today, -n), n >= 3));
    let got = clock.figures(&Reports::new(said, [], today), today);
    let days = (got.current_days, got.longest_days, got.substance_free_days, got.lapse_count);
    assert_eq!(days, (100, 100, 98, 0), "yesterday and the day before were used; today is not over");
    assert_eq!(
        got.pda_30,
        Figure::Ok(Pda { value: 70.0, known_days: 10 }),
        "but three of ten known days were used"
    );
}

#[test]
fn pda_counts_known_days_of_its_window_only() {
    let today = date(TODAY);
    let pda = |start: &str, lapses: &[Lapse], free: &[i64]| {
        let clock =
            Clock { started_on: date(start), reset_policy: ResetPolicy::Reset, lapses, daily_cost: None };
        let reports = Reports::new(free.iter().map(|&ago| (add_days(today, -ago), true)), [], today);
        let got = clock.figures(&reports, today);
        (got.pda_30, got.pda_90)
    };
    let six = pda(START, &[], &[0, 1, 2, 3, 4, 5]);
    assert_eq!(six.0, Figure::NeedsMore { have: 6, need: 7 }, "six known days are not enough");
    let seven = pda(START, &[], &[0, 1, 2, 3, 4, 5, 29]);
    assert_eq!(seven.0, Figure::Ok(Pda { value: 100.0, known_days: 7 }), "29 days ago is the 30th date");
    let outside = pda(START, &[], &[0, 1, 2, 3, 4, 5, 30]);
    assert_eq!(outside.0, Figure::NeedsMore { have: 6, need: 7 }, "30 days ago is the 31st");
    let young = pda("2026-04-06", &[], &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(young.0, Figure::NeedsMore { have: 6, need: 7 }, "days before the start are not this clock's");
    let used = pda(START, &lapses(&["2026-04-05>2026-04-08"]), &[0, 1, 2, 3, 4, 5]);
    assert_eq!(
        used.0,
        Figure::Ok(Pda { value: 57.1, known_days: 7 }),
        "5, 6, 7 April used outweighs two free: 4 of 7"
    );
    let open = pda(START, &lapses(&["2026-03-22>"]), &[]);
    assert_eq!(open.0, Figure::Ok(Pda { value: 0.0, known_days: 21 }), "22 March to today, today included");
    assert_eq!(open.1, Figure::Ok(Pda { value: 0.0, known_days: 21 }), "21 is enough for 90");
}
