//! Golden vectors of `adherence`.

use super::*;
use DoseStatus::{HeldByClinic, Late, Missed, ObservedAtClinic, Taken};
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn march(day: i64) -> NaiveDate {
    add_days(date("2026-02-28"), day)
}

fn daily(doses: &[(NaiveDate, DoseStatus)]) -> Prescription<'_> {
    Prescription { schedule: Schedule::Daily, starts_on: march(1), ends_on: None, doses }
}

/// scheduled, covered, percent, longest gap
fn shown(figure: Option<Figure<Adherence>>) -> (u32, u32, f64, u32) {
    let Some(Figure::Ok(it)) = figure else { panic!("{figure:?}") };
    (it.scheduled_days, it.covered_days, it.percent, it.longest_gap_days)
}

fn whole_march() -> Period {
    Period::new(march(1), march(31)).unwrap()
}

#[test]
fn the_worked_example_of_the_design() {
    // 31 dates, 29 covered, one of the two uncovered marked missed, the other too; two late ones cover.
    let status = |day| match day {
        10 | 20 => Missed,
        11 | 21 => Late,
        _ => Taken,
    };
    let doses: Vec<_> = (1..=31).map(|day| (march(day), status(day))).collect();
    let got = daily(&doses).adherence(whole_march(), march(40));
    let expected = Adherence {
        scheduled_days: 31,
        covered_days: 29,
        percent: 93.5,
        longest_gap_days: 1,
        late: 2,
        missed: 2,
    };
    assert_eq!(got, Some(Figure::Ok(expected)));
}

#[test]
fn only_doses_that_were_had_cover() {
    let statuses = [Taken, Late, ObservedAtClinic, Missed, HeldByClinic, HeldByClinic, Taken];
    let doses: Vec<_> = (1..).zip(statuses).map(|(day, status)| (march(day), status)).collect();
    let week = Period::new(march(1), march(7)).unwrap();
    assert_eq!(
        shown(daily(&doses).adherence(week, march(20))),
        (7, 4, 57.1, 3),
        "4 of 7; 4, 5 and 6 March in a row"
    );
    let twice = [doses.as_slice(), &[(march(7), Late), (march(7), Missed)]].concat();
    assert_eq!(shown(daily(&twice).adherence(week, march(20))), (7, 4, 57.1, 3), "a date is covered once");
}

#[test]
fn today_counts_once_it_is_covered() {
    let doses: Vec<_> = (1..=9).map(|day| (march(day), Taken)).collect();
    assert_eq!(
        shown(daily(&doses).adherence(whole_march(), march(10))),
        (9, 9, 100.0, 0),
        "today is not over"
    );
    assert_eq!(shown(daily(&doses).adherence(whole_march(), march(9))), (9, 9, 100.0, 0), "today is covered");
    assert_eq!(
        shown(daily(&doses).adherence(whole_march(), march(11))),
        (10, 9, 90.0, 1),
        "yesterday was not"
    );
    assert_eq!(
        shown(daily(&doses).adherence(whole_march(), march(8))),
        (8, 8, 100.0, 0),
        "tomorrow's counts for nothing"
    );
}

#[test]
fn seven_scheduled_dates_are_needed() {
    let need = |have| Some(Figure::NeedsMore { have, need: 7 });
    assert_eq!(daily(&[]).adherence(whole_march(), march(7)), need(6), "1 to 6 March");
    assert_eq!(shown(daily(&[]).adherence(whole_march(), march(8))), (7, 0, 0.0, 7), "seven, none covered");
    assert_eq!(
        daily(&[]).adherence(Period::new(date("2026-01-01"), date("2026-02-01")).unwrap(), march(8)),
        need(0)
    );
    let as_needed = Prescription { schedule: Schedule::AsNeeded, ..daily(&[]) };
    assert_eq!(as_needed.adherence(whole_march(), march(31)), None, "as needed has no scheduled dates");
}

#[test]
fn the_last_date_is_inside() {
    let ends = |day| Prescription { ends_on: Some(march(day)), ..daily(&[]) };
    assert_eq!(shown(ends(10).adherence(whole_march(), march(31))).0, 10);
    assert_eq!(shown(ends(40).adherence(whole_march(), march(31))).0, 30, "up to yesterday");
    assert_eq!(shown(ends(40).adherence(whole_march(), march(20))).0, 19, "also when neither end is near");
}

#[test]
fn every_so_many_days_only_the_date_itself_covers() {
    // Due 1, 4, 7, 10, 13, 16, 19 … March.
    let doses = [1, 4, 8, 10, 12, 16, 19].map(|day| (march(day), Taken));
    let every_three = Prescription { schedule: Schedule::EveryNDays(3), ..daily(&doses) };
    assert_eq!(
        shown(every_three.adherence(whole_march(), march(20))),
        (7, 5, 71.4, 1),
        "the 8th does not cover the 7th, nor the 12th the 13th"
    );
    let later = Period::new(march(5), march(31)).unwrap();
    assert_eq!(
        every_three.adherence(later, march(22)),
        Some(Figure::NeedsMore { have: 5, need: 7 }),
        "7 10 13 16 19"
    );
    let never = Prescription { schedule: Schedule::EveryNDays(0), ..daily(&[]) };
    assert_eq!(shown(never.adherence(whole_march(), march(11))).0, 10, "every 0 days is taken as daily");
}

#[test]
fn a_weekly_dose_covers_until_the_next_is_due() {
    // Due on Sundays: 1, 8, 15, 22, 29 March, 5, 12, 19 April (days 36, 43, 50).
    let weekly = |doses| Prescription { schedule: Schedule::Weekly, ..daily(doses) };
    let all = Period::new(march(1), march(60)).unwrap();
    let doses = [1, 14, 15, 28, 29, 43].map(|day| (march(day), Taken));
    assert_eq!(
        shown(weekly(&doses).adherence(all, march(50))),
        (7, 6, 85.7, 1),
        "the 14th covers the 8th, the 28th the 22nd; 5 April is uncovered; 19 April is today and waits"
    );
    assert_eq!(
        shown(weekly(&doses).adherence(all, march(51))),
        (8, 6, 75.0, 1),
        "still waiting is uncovered from the next day"
    );
    let late = [doses.as_slice(), &[(march(52), Taken)]].concat();
    assert_eq!(
        shown(weekly(&late).adherence(all, march(52))),
        (8, 7, 87.5, 1),
        "and covered once it is taken"
    );
    assert_eq!(shown(weekly(&late).adherence(all, march(51))), (8, 6, 75.0, 1), "not before");
    let early = [(march(7), Taken)];
    assert_eq!(
        shown(weekly(&early).adherence(all, march(50))).1,
        1,
        "a dose the day before belongs to the week before"
    );
}

#[test]
fn the_period_cuts_scheduled_dates_not_doses() {
    let doses: Vec<_> = (1..=12).map(|week| (march(7 * week), Taken)).collect();
    let weekly = Prescription { schedule: Schedule::Weekly, ..daily(&doses) };
    let cut = Period::new(march(8), march(50)).unwrap();
    assert_eq!(
        shown(weekly.adherence(cut, march(90))),
        (7, 7, 100.0, 0),
        "the last date, 50, is covered by the dose of 56"
    );
    let ended = Prescription { ends_on: Some(march(50)), ..weekly };
    assert_eq!(
        shown(ended.adherence(Period::new(march(8), march(80)).unwrap(), march(90))),
        (7, 7, 100.0, 0),
        "after its end too"
    );
}

#[test]
fn monthly_dates_are_clamped_from_the_first() {
    // From 31 August 2025: 30 September, 31 October, 30 November, 31 December, 31 January, 28 February, 31
    // March.
    let on =
        ["2025-08-31", "2025-10-30", "2025-10-31", "2025-12-30", "2026-01-30", "2026-01-31", "2026-02-28"];
    let doses = on.map(|day| (date(day), Taken));
    let monthly = Prescription {
        schedule: Schedule::Monthly,
        starts_on: date("2025-08-31"),
        ends_on: None,
        doses: &doses,
    };
    let whole = Period::new(date("2025-08-01"), date("2026-04-30")).unwrap();
    assert_eq!(
        shown(monthly.adherence(whole, date("2026-03-30"))),
        (7, 7, 100.0, 0),
        "30 October is before the next date, the 31st, and covers 30 September; 30 December covers 30 November"
    );
    assert_eq!(
        shown(monthly.adherence(whole, date("2026-04-01"))),
        (8, 7, 87.5, 1),
        "31 March is uncovered from the next day"
    );
    let tail = Period::new(date("2025-09-30"), date("2026-04-30")).unwrap();
    assert_eq!(
        shown(monthly.adherence(tail, date("2026-04-01"))).0,
        7,
        "the period may begin on a clamped date"
    );
    let tail = Period::new(date("2025-10-01"), date("2026-04-30")).unwrap();
    assert_eq!(monthly.adherence(tail, date("2026-04-01")), Some(Figure::NeedsMore { have: 6, need: 7 }));
}

#[test]
fn late_and_missed_count_records_of_the_period() {
    let doses = [
        (march(1), Late),
        (march(1), Late),
        (march(2), Missed),
        (march(-3), Missed),
        (march(31), Late),
        (march(20), Missed),
    ];
    let cut = Period::new(march(1), march(25)).unwrap();
    let Some(Figure::Ok(got)) = daily(&doses).adherence(cut, march(19)) else {
        panic!("18 dates are enough")
    };
    assert_eq!(
        (got.late, got.missed),
        (2, 1),
        "two of a day are two; February, tomorrow and after the period are not there"
    );
}

proptest! {
    #[test]
    fn adherence_holds_together(
        taken in prop::collection::vec(-10_i64..120, 0..60),
        stride in 1_u32..9,
        (kind, from, length, today) in (0_usize..4, -5_i64..60, 0_i64..60, 0_i64..110),
    ) {
        let schedule = [Schedule::Daily, Schedule::EveryNDays(stride), Schedule::Weekly, Schedule::Monthly][kind];
        let mut doses: Vec<_> = taken.iter().map(|&day| (march(day), Taken)).collect();
        let period = Period::new(march(from), march(from + length)).unwrap();
        let adherence = |doses: &[_]| Prescription { schedule, ..daily(doses) }.adherence(period, march(today)).unwrap();
        let got = adherence(&doses);
        doses.reverse();
        prop_assert_eq!(got, adherence(&doses), "order of writing never matters");
        let due: Vec<NaiveDate> = match kind {
            3 => (0..6).map(|n| add_months(march(1), n)).collect(),
            _ => (0..130).filter(|n| n % [1, i64::from(stride), 7][kind] == 0).map(|n| march(1 + n)).collect(),
        };
        let naive = due.iter().enumerate().filter(|(place, day)| {
            let until = if kind >= 2 { due.get(place + 1).copied().unwrap_or(NaiveDate::MAX) } else { add_days(**day, 1) };
            let covered = taken.iter().map(|&it| march(it)).any(|it| it >= **day && it < until && it <= march(today));
            period.contains(**day) && (**day < march(today) || (**day == march(today) && covered))
        });
        let expected = u32::try_from(naive.count()).unwrap();
        match got {
            Figure::Ok(it) => {
                prop_assert_eq!(it.scheduled_days, expected);
                prop_assert!(it.covered_days + it.longest_gap_days <= it.scheduled_days);
                prop_assert!((0.0..=100.0).contains(&it.percent));
            }
            Figure::NeedsMore { have, .. } => prop_assert_eq!(have, expected),
        }
    }
}
