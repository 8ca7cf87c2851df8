//! Golden vectors of `trends`.

use super::*;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn day(n: i64) -> NaiveDate {
    super::super::day::add_days(date("2026-10-01"), n)
}

fn days(from: i64, to: i64) -> Period {
    Period::new(day(from), day(to)).unwrap()
}

/// One whole rating a day from 1 October on; a dash is a day without.
fn ratings(text: &str) -> DayValues {
    let entries =
        (0..).zip(text.split_whitespace()).filter_map(|(n, value)| Some((day(n), value.parse().ok()?)));
    DayValues::means_of(entries.map(|(date, value)| (date, Ratio::whole(value))))
}

fn spread(n: u32, mean: f64, min: f64, max: f64) -> Spread {
    Spread { n, mean: Some(mean), min: Some(min), max: Some(max) }
}

const EMPTY: Spread = Spread { n: 0, mean: None, min: None, max: None };

#[test]
fn a_day_is_the_mean_of_its_entries() {
    let entries = [(day(1), 7), (day(0), 4), (day(1), 6), (day(0), 4), (day(0), 5)];
    let values = DayValues::means_of(entries.map(|(date, value)| (date, Ratio::whole(value))));
    let expected = [(day(0), Ratio::of(13, 3).unwrap()), (day(1), Ratio::of(13, 2).unwrap())];
    assert_eq!(values.days(), expected, "13 over three and 13 over two, unrounded, ascending");
    assert_eq!(Spread::of(values.days()), spread(2, 5.42, 4.33, 6.5), "(26/6 + 39/6) / 2 = 65/12 = 5.4166…");
    assert_eq!(values.on(day(1)), Ratio::of(13, 2));
    assert_eq!(values.on(day(2)), None);
}

#[test]
fn sleep_is_counted_in_quarter_hours() {
    let nights = [(day(0), 30), (day(1), 29), (day(1), 32)];
    let values = DayValues::means_of(nights.map(|(date, quarters)| (date, Ratio::of(quarters, 4).unwrap())));
    assert_eq!(Spread::of(values.days()), spread(2, 7.56, 7.5, 7.63), "7.5 and 7.625: their mean is 7.5625");
}

#[test]
fn rounding_happens_once() {
    // Forty days that add up to 97: seventeen 3 and twenty-three 2 are 51 + 46.
    let values = ratings(&["3 ".repeat(17), "2 ".repeat(23)].concat());
    assert_eq!(Spread::of(values.days()), spread(40, 2.43, 2.0, 3.0), "97/40 = 2.425");
}

#[test]
fn buckets_without_data_are_present() {
    // 1 October 2026 is a Thursday: weeks of 28 September, 5, 12 October.
    let values = ratings("6 - 3 - - - - - - - - 9 8");
    let trend = rating_trend(&values, days(0, 12), Bucket::Week);
    let expected = [
        (date("2026-09-28"), spread(2, 4.5, 3.0, 6.0)),
        (date("2026-10-05"), EMPTY),
        (date("2026-10-12"), spread(2, 8.5, 8.0, 9.0)),
    ];
    assert_eq!(
        trend.series, expected,
        "cut to the period, named by the whole week; the 12th and 13th are in the third"
    );
    assert_eq!(trend.total, spread(4, 6.5, 3.0, 9.0), "26 over four");
    let none = rating_trend(&DayValues::default(), days(0, 1), Bucket::Day);
    assert_eq!(none.series, [(day(0), EMPTY), (day(1), EMPTY)]);
    assert_eq!((none.total, none.moving_average_7), (EMPTY, vec![(day(0), None), (day(1), None)]));
}

#[test]
fn the_moving_average_needs_four_of_seven_and_looks_back() {
    let values = ratings("1 2 - 3 - - 4 10 - - - 10");
    let average = |from, to| {
        let shown = rating_trend(&values, days(from, to), Bucket::Day).moving_average_7;
        shown.into_iter().map(|(_, value)| value).collect::<Vec<_>>()
    };
    let expected = [
        None,       // 1
        None,       // 1 2
        None,       // 1 2 -
        None,       // 1 2 - 3: three of four dates
        None,       // still three
        None,       // still three
        Some(2.5),  // 1 2 3 4
        Some(4.75), // 2 3 4 10
        None,       // 3 4 10
        None,       // 3 4 10
        None,       // 4 10
        None,       // 4 10 10
        None,       // 4 10 10
    ];
    assert_eq!(average(0, 12), expected);
    assert_eq!(average(7, 7), [Some(4.75)], "a period of one day looks at the six before it");
}

#[test]
fn directions_have_words_by_the_exact_slope() {
    // A straight line of quarter points a week is a rise of 1/28 a day.
    let line = |num: i64, den: u32, n: i64| {
        let values = (0..n).map(|i| (day(i), Ratio::of(140 * i64::from(den) + num * i, den).unwrap()));
        direction(DayValues::means_of(values).days())
    };
    let ok = |per_week, word| Figure::Ok(Direction { per_week, word });
    assert_eq!(line(1, 28, 14), ok(0.25, Word::Rising), "exactly 0.25 a week is not steady");
    assert_eq!(line(-1, 28, 14), ok(-0.25, Word::Easing), "nor is −0.25");
    assert_eq!(line(35, 1000, 14), ok(0.25, Word::Steady), "0.245 a week is shown as 0.25 and is under it");
    assert_eq!(line(-35, 1000, 14), ok(-0.25, Word::Steady), "−0.245 as well");
    assert_eq!(line(0, 1, 14), ok(0.0, Word::Steady), "level");
    assert_eq!(line(1, 1, 14), ok(7.0, Word::Rising), "a point a day");
    assert_eq!(line(1, 1, 13), Figure::NeedsMore { have: 13, need: 14 }, "13 days are too few");
}

#[test]
fn a_direction_is_not_moved_by_a_few_strange_days() {
    // 5 every day but two: of 91 slopes 12 × 11 / 2 = 66 are level, so the middle one is.
    let values = ratings("5 5 5 5 0 5 5 5 5 5 5 10 5 5");
    assert_eq!(direction(values.days()), Figure::Ok(Direction { per_week: 0.0, word: Word::Steady }));
}

#[test]
fn days_without_data_do_not_bend_a_line() {
    // A point every two days; 15 days with data of 29.
    let values = ratings("0 - 1 - 2 - 3 - 4 - 5 - 6 - 7 - 8 - 9 - 10 - 11 - 12 - 13 - 14");
    assert_eq!(
        direction(values.days()),
        Figure::Ok(Direction { per_week: 3.5, word: Word::Rising }),
        "7/2 a week"
    );
}

#[test]
fn the_previous_period_needs_five_and_five() {
    let previous = |text: &str| rating_trend(&ratings(text), days(5, 9), Bucket::Day).previous;
    let expected = Previous { n: 5, mean: 5.0, difference: 1.2 };
    assert_eq!(previous("4 5 6 5 5 6 7 6 6 6"), Figure::Ok(expected), "31/5 − 25/5");
    assert_eq!(previous("4 - 6 5 5 6 7 6 6 6"), Figure::NeedsMore { have: 4, need: 5 }, "four before");
    assert_eq!(previous("4 5 6 5 5 6 7 6 - -"), Figure::NeedsMore { have: 3, need: 5 }, "three now");
    assert_eq!(
        previous("- 5 6 5 5 6 7 6 - -"),
        Figure::NeedsMore { have: 3, need: 5 },
        "the smaller of four and three"
    );
}

#[test]
fn a_difference_is_of_exact_means() {
    // 2/3 now, 1/3 before: shown 0.67 and 0.33, apart 1/3 = 0.33 and not 0.34.
    let values = ratings("0 0 1 0 0 1 1 1 0 1 1 0");
    let got = rating_trend(&values, days(6, 11), Bucket::Day).previous;
    assert_eq!(got, Figure::Ok(Previous { n: 6, mean: 0.33, difference: 0.33 }));
}

#[test]
fn counts_have_a_total_and_every_bucket() {
    let dates = [day(0), day(40), day(0), day(3), day(31), day(-1)];
    let got = counts(dates, days(0, 32), Bucket::Month);
    assert_eq!(got, Counts { n: 4, series: vec![(date("2026-10-01"), 3), (date("2026-11-01"), 1)] });
    assert_eq!(covered_days(dates, days(0, 32)), 3, "the first, the fourth, and 1 November");
}

proptest! {
    #[test]
    fn trends_hold_together(
        written in prop::collection::vec((-40_i64..60, 0_i64..11), 0..120),
        (from, length) in (0_i64..20, 0_i64..40),
    ) {
        let mut entries: Vec<_> = written.into_iter().map(|(n, value)| (day(n), Ratio::whole(value))).collect();
        let values = DayValues::means_of(entries.clone());
        entries.reverse();
        prop_assert_eq!(&values, &DayValues::means_of(entries), "order of writing never matters");
        let period = days(from, from + length);
        for bucket in [Bucket::Day, Bucket::Week, Bucket::Month] {
            let trend = rating_trend(&values, period, bucket);
            prop_assert_eq!(trend.series.iter().map(|(_, spread)| spread.n).sum::<u32>(), trend.total.n);
            prop_assert_eq!(trend.moving_average_7.len() as u64, u64::from(period.days()));
            for (_, spread) in trend.series.iter().chain([&(day(0), trend.total)]) {
                prop_assert_eq!(spread.n == 0, spread.mean.is_none());
                prop_assert!(spread.min <= spread.mean && spread.mean <= spread.max);
            }
            for (date, value) in trend.moving_average_7 {
                let seen = values.within(Period::ending(date, 7));
                prop_assert_eq!(value.is_some(), seen.len() >= 4);
            }
        }
    }
}
