//! Golden vectors of `cravings`.

use super::super::trends::Word;
use super::*;
use Outcome::{Open, Passed, Used};
use proptest::prelude::*;

fn day(n: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    first + chrono::Days::new(n)
}

fn craving(n: u64, intensity: u8, outcome: Outcome) -> Craving {
    Craving { local_date: day(n), intensity, outcome }
}

#[test]
fn episodes_are_summed_up() {
    let many = |n, outcome| std::iter::repeat_n(craving(0, 5, outcome), n);
    let month: Vec<_> = many(35, Passed).chain(many(1, Used)).chain(many(5, Open)).collect();
    let sum = CravingSum::of(&month);
    assert_eq!((sum.n, sum.passed, sum.used, sum.open), (41, 35, 1, 5));
    assert_eq!(sum.passed_share, Some(97.2), "35 of 36 closed ones, the open ones left out");
    let open = CravingSum::of(&[craving(0, 8, Open), craving(0, 3, Open), craving(0, 3, Open)]);
    assert_eq!(
        (open.passed_share, open.mean_intensity, open.max_intensity),
        (None, Some(4.67), Some(8)),
        "14/3"
    );
    let none = CravingSum::of(&[]);
    assert_eq!((none.n, none.mean_intensity, none.max_intensity, none.passed_share), (0, None, None, None));
    let met = CravingSum::of(&[craving(0, 0, Passed)]);
    assert_eq!(
        (met.mean_intensity, met.passed_share),
        (Some(0.0), Some(100.0)),
        "met the trigger, no craving"
    );
}

#[test]
fn a_trend_counts_episodes_and_heads_by_days() {
    // Each day one of 10 and, on odd days, one of 0 as well: daily means go 10 5 10 5 …, episodes mean
    // 140/21.
    let strong = (0..14).map(|n| craving(n, 10, Passed));
    let weak = (0..7).map(|n| craving(2 * n + 1, 0, Open));
    let all: Vec<_> = weak.chain(strong).collect();
    let trend = craving_trend(&all, Period::new(day(0), day(13)).unwrap(), Bucket::Week);
    assert_eq!((trend.total.n, trend.total.mean_intensity), (21, Some(6.67)), "by episodes");
    let expected = Direction { per_week: 0.0, word: Word::Steady };
    assert_eq!(
        trend.direction,
        Figure::Ok(expected),
        "of 91 pairs of days 42 are level, more than half are not below"
    );
    let series: Vec<_> =
        trend.series.iter().map(|(start, sum)| (start.to_string(), sum.n, sum.open)).collect();
    let expected = [("2026-09-28", 6, 2), ("2026-10-05", 10, 3), ("2026-10-12", 5, 2)];
    assert_eq!(
        series,
        expected.map(|(start, n, open)| (start.to_owned(), n, open)),
        "1 to 4, 5 to 11, 12 to 14 October"
    );
}

#[test]
fn thirteen_days_have_no_direction_whatever_their_episodes() {
    let all: Vec<_> = (0..40).map(|n| craving(n % 13, 5, Passed)).collect();
    let trend = craving_trend(&all, Period::new(day(0), day(29)).unwrap(), Bucket::Day);
    assert_eq!(trend.direction, Figure::NeedsMore { have: 13, need: 14 });
}

#[test]
fn previous_compares_episodes() {
    let at = |n, intensities: &[u8]| intensities.iter().map(|&it| craving(n, it, Passed)).collect::<Vec<_>>();
    let previous = |before: &[u8], now: &[u8]| {
        let all = [at(0, before), at(1, now)].concat();
        craving_trend(&all, Period::new(day(1), day(1)).unwrap(), Bucket::Day).previous
    };
    let expected = Previous { n: 5, mean: 7.0, difference: -1.5 };
    assert_eq!(
        previous(&[7, 7, 7, 7, 7], &[5, 6, 5, 6, 5, 6]),
        Figure::Ok(expected),
        "five and six episodes, a day each"
    );
    assert_eq!(previous(&[7, 7, 7, 7], &[5; 9]), Figure::NeedsMore { have: 4, need: 5 });
}

#[test]
fn the_map_goes_by_the_wall_clock() {
    let at = |text: &str, intensity| (text.parse::<NaiveDateTime>().unwrap(), intensity);
    let cells = heatmap([
        at("2026-11-02T21:40:00", 8),
        at("2026-11-09T21:00:00", 6),
        at("2026-10-26T21:59:59", 5),
        at("2026-11-02T22:00:00", 9),
        at("2026-11-01T00:00:00", 4),
    ]);
    let more = |have| Figure::NeedsMore { have, need: 3 };
    let expected = [
        Cell { weekday: 1, hour: 21, count: 3, mean_intensity: Figure::Ok(6.33) },
        Cell { weekday: 1, hour: 22, count: 1, mean_intensity: more(1) },
        Cell { weekday: 7, hour: 0, count: 1, mean_intensity: more(1) },
    ];
    assert_eq!(
        cells, expected,
        "three Mondays between 21:00 and 21:59 (19/3), one at 22:00, a Sunday midnight"
    );
}

proptest! {
    #[test]
    fn sums_hold_together(written in prop::collection::vec((0_u64..60, 0_u8..11, 0_u8..3), 0..80)) {
        let outcome = |n| [Open, Passed, Used][usize::from(n)];
        let mut all: Vec<_> = written.into_iter().map(|(n, it, o)| craving(n, it, outcome(o))).collect();
        let period = Period::new(day(20), day(45)).unwrap();
        let trend = craving_trend(&all, period, Bucket::Week);
        let total = trend.total;
        prop_assert_eq!(total.n, total.passed + total.used + total.open);
        prop_assert!(total.passed_share.is_none_or(|share| (0.0..=100.0).contains(&share)));
        prop_assert_eq!(trend.series.iter().map(|(_, sum)| sum.n).sum::<u32>(), total.n);
        prop_assert_eq!(total.n as usize, all.iter().filter(|it| period.contains(it.local_date)).count());
        all.reverse();
        prop_assert_eq!(trend, craving_trend(&all, period, Bucket::Week), "order of writing never matters");
    }
}
