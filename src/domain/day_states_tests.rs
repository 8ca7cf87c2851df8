//! Golden vectors of `day_states`.

use super::*;
use DayState::{ControlledEnvironment as Care, Free, Unknown, Used};
use proptest::prelude::*;

fn march(day: i64) -> NaiveDate {
    add_days(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap(), day)
}

fn lapse(used: i64, resumed: Option<i64>) -> Lapse {
    Lapse { used_on: march(used), resumed_on: resumed.map(march) }
}

fn stay(starts: i64, ends: Option<i64>) -> Stay {
    Stay { starts_on: march(starts), ends_on: ends.map(march) }
}

/// The states of 1 to 10 March of a clock that starts on the 1st, seen on the 8th.
fn ten(lapses: &[Lapse], said: &[(i64, bool)], stays: &[Stay]) -> Vec<DayState> {
    let reports =
        Reports::new(said.iter().map(|&(day, free)| (march(day), free)), stays.iter().copied(), march(8));
    day_states(march(1), lapses, &reports, march(1), march(10), march(8)).into_iter().flatten().collect()
}

/// lapses, what check-ins said, stays, the ten states, why
type Case<'a> = (&'a [Lapse], &'a [(i64, bool)], &'a [Stay], [DayState; 10], &'a str);

#[test]
fn each_day_has_the_state_that_outweighs_the_others() {
    let u = Unknown;
    let vectors: &[Case] = &[
        (&[], &[], &[], [u; 10], "silence is unknown"),
        (
            &[lapse(2, Some(4))],
            &[],
            &[],
            [u, Used, Used, u, u, u, u, u, u, u],
            "up to, not including, the resumption",
        ),
        (
            &[lapse(2, Some(2))],
            &[],
            &[],
            [u, Used, u, u, u, u, u, u, u, u],
            "that one date when both are equal",
        ),
        (
            &[lapse(6, None)],
            &[],
            &[],
            [u, u, u, u, u, Used, Used, Used, u, u],
            "open: through today, the 8th",
        ),
        (
            &[lapse(7, Some(10))],
            &[],
            &[],
            [u, u, u, u, u, u, Used, Used, Used, u],
            "a resumption to come: up to it, as the person wrote",
        ),
        (
            &[lapse(9, None)],
            &[],
            &[],
            [u, u, u, u, u, u, u, u, Used, u],
            "recorded for tomorrow: its own date",
        ),
        (&[], &[(1, true), (2, false)], &[], [Free, Used, u, u, u, u, u, u, u, u], "check-ins say it"),
        (
            &[],
            &[(3, true), (3, false), (3, true)],
            &[],
            [u, u, Used, u, u, u, u, u, u, u],
            "of one date's check-ins a false decides",
        ),
        (
            &[lapse(2, Some(4))],
            &[(2, true), (4, true)],
            &[],
            [u, Used, Used, Free, u, u, u, u, u, u],
            "a lapse outweighs a check-in",
        ),
        (
            &[],
            &[],
            &[stay(2, Some(4))],
            [u, Care, Care, Care, u, u, u, u, u, u],
            "both edges of an episode are inside",
        ),
        (&[], &[], &[stay(6, None)], [u, u, u, u, u, Care, Care, Care, u, u], "no end: up to today"),
        (
            &[],
            &[],
            &[stay(5, Some(4)), stay(9, None)],
            [u; 10],
            "episodes that end before they begin, or begin after today without an end",
        ),
        (
            &[lapse(3, Some(4))],
            &[(2, true), (5, false)],
            &[stay(1, Some(6))],
            [Care, Free, Used, Care, Used, Care, u, u, u, u],
            "what the person said outweighs the episode",
        ),
        (
            &[],
            &[],
            &[stay(1, Some(2)), stay(-9, Some(1)), stay(4, Some(5)), stay(5, Some(5)), stay(4, Some(8))],
            [Care, Care, u, Care, Care, Care, Care, Care, u, u],
            "episodes in any order, one inside another",
        ),
        (
            &[lapse(4, Some(6)), lapse(2, Some(5)), lapse(-3, Some(2)), lapse(8, Some(8))],
            &[],
            &[],
            [u, Used, Used, Used, Used, u, u, Used, u, u],
            "merged from 2 to 5, again on the 8th; the one from before the start counts for nothing",
        ),
    ];
    for (lapses, said, stays, expected, why) in vectors {
        assert_eq!(ten(lapses, said, stays), expected, "{why}");
    }
}

#[test]
fn a_clock_is_absent_before_its_start() {
    let ask = |start, from, to| {
        day_states(march(start), &[], &Reports::default(), march(from), march(to), march(8))
    };
    assert_eq!(ask(3, 1, 4), [None, None, Some(Unknown), Some(Unknown)]);
    assert_eq!(ask(9, 1, 2), [None, None], "starts after the range");
    assert_eq!(ask(1, 5, 5), [Some(Unknown)]);
    assert_eq!(ask(1, 5, 4), [], "an empty range");
    assert_eq!(ask(9, 5, 1), [], "an empty range before the start");
}

#[test]
fn only_detox_and_inpatient_are_controlled() {
    let levels = ["detox", "inpatient", "iop", "outpatient", "sober_living", "aftercare", "other"];
    assert_eq!(levels.map(is_controlled), [true, true, false, false, false, false, false]);
}

/// The rule of the design for one date, word by word.
fn one(
    day: NaiveDate,
    today: NaiveDate,
    lapses: &[Lapse],
    said: &[(NaiveDate, bool)],
    stays: &[Stay],
) -> DayState {
    let counted = lapses.iter().filter(|lapse| lapse.used_on >= march(1));
    let covers = |lapse: &Lapse| {
        let last = lapse.resumed_on.map_or(today, |day| add_days(day, -1));
        day == lapse.used_on || (lapse.used_on <= day && day <= last)
    };
    let said_so = |free: bool| said.contains(&(day, free));
    if counted.clone().any(covers) || said_so(false) {
        Used
    } else if said_so(true) {
        Free
    } else if stays.iter().any(|stay| stay.starts_on <= day && day <= stay.ends_on.unwrap_or(today)) {
        Care
    } else {
        Unknown
    }
}

proptest! {
    #[test]
    fn one_pass_agrees_with_date_by_date(
        lapses in prop::collection::vec((-5_i64..40, prop::option::of(0_i64..15)), 0..7),
        said in prop::collection::vec((-5_i64..40, any::<bool>()), 0..20),
        stays in prop::collection::vec((-5_i64..40, prop::option::of(-2_i64..15)), 0..5),
        (from, length, today) in (-5_i64..30, 0_i64..40, 0_i64..35),
    ) {
        let lapses: Vec<Lapse> = lapses.into_iter().map(|(used, days)| lapse(used, days.map(|n| used + n))).collect();
        let stays: Vec<Stay> = stays.into_iter().map(|(starts, days)| stay(starts, days.map(|n| starts + n))).collect();
        let said: Vec<_> = said.into_iter().map(|(day, free)| (march(day), free)).collect();
        let reports = Reports::new(said.iter().copied(), stays.iter().copied(), march(today));
        let got = day_states(march(1), &lapses, &reports, march(from), march(from + length), march(today));
        prop_assert_eq!(i64::try_from(got.len()), Ok(length + 1), "one entry a date");
        for (day, state) in march(from).iter_days().zip(got) {
            let expected = (day >= march(1)).then(|| one(day, march(today), &lapses, &said, &stays));
            prop_assert_eq!(state, expected, "{}", day);
        }
    }
}
