//! Golden vectors of `factors`.

use super::super::ratio::Ratio;
use super::*;
use proptest::prelude::*;

fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 10, 1).unwrap() + chrono::Days::new(n)
}

fn values(given: &[i64]) -> DayValues {
    DayValues::means_of((0..).zip(given).map(|(n, value)| (day(n), Ratio::whole(*value))))
}

#[test]
fn days_with_are_compared_with_days_without() {
    // First five with 6 7 6 7 7 = 33/5, then six without 5 5 5 5 6 5 = 31/6.
    let mood = values(&[6, 7, 6, 7, 7, 5, 5, 5, 5, 6, 5]);
    let got = with_without(mood.days(), |date| Some(date < day(5)));
    let expected = Comparison {
        with: Side { n: 5, mean: 6.6 },
        without: Side { n: 6, mean: 5.17 },
        difference: 1.43, // 33/5 − 31/6 = 43/30 = 1.4333…
        tended: Ordering::Greater,
    };
    assert_eq!(got, Figure::Ok(expected));
    assert_eq!(
        Factor::Meeting.sentence("mood", &expected),
        "On days with a meeting, mood tended to be higher (5 and 6 days)."
    );
}

#[test]
fn each_side_needs_five_days() {
    let mood = values(&[5; 20]);
    let by = |with: u64, out: u64| {
        with_without(mood.days(), |date| {
            if date < day(with) { Some(true) } else { (date >= day(with + out)).then_some(false) }
        })
    };
    assert_eq!(by(4, 0), Figure::NeedsMore { have: 4, need: 5 }, "4 and 16");
    assert_eq!(by(17, 0), Figure::NeedsMore { have: 3, need: 5 }, "17 and 3: the smaller one");
    assert_eq!(by(5, 11), Figure::NeedsMore { have: 4, need: 5 }, "5 and 4, eleven days take no part");
    assert!(by(5, 10).ok().is_some(), "5 and 5");
    assert_eq!(with_without(&[], |_| Some(true)), Figure::NeedsMore { have: 0, need: 5 });
}

#[test]
fn sleep_is_short_under_six_hours_and_only_where_known() {
    let quarters = [(day(0), 23), (day(1), 24), (day(2), 23), (day(2), 25), (day(3), 23), (day(3), 24)];
    let sleep = DayValues::means_of(quarters.map(|(date, n)| (date, Ratio::of(n, 4).unwrap())));
    let short = [0, 1, 2, 3, 4].map(|n| short_sleep(&sleep, day(n)));
    let expected = [
        Some(true),  // 5¾ hours
        Some(false), // 6 hours are not under 6
        Some(false), // 5¾ and 6¼ of one day are 6
        Some(true),  // 5¾ and 6 are 5⅞
        None,        // unknown
    ];
    assert_eq!(short, expected);
}

#[test]
fn the_words_say_tended_and_never_because() {
    let comparison = |tended| Comparison {
        with: Side { n: 12, mean: 0.0 },
        without: Side { n: 14, mean: 0.0 },
        difference: 0.0,
        tended,
    };
    let vectors = [
        (
            Factor::Session,
            Ordering::Less,
            "On days with a session, craving tended to be lower (12 and 14 days).",
        ),
        (
            Factor::Dose,
            Ordering::Equal,
            "On days with a dose, craving tended to be the same (12 and 14 days).",
        ),
        (
            Factor::ShortSleep,
            Ordering::Greater,
            "On days with less than 6 hours of sleep, craving tended to be higher (12 and 14 days).",
        ),
        (
            Factor::Trigger(Some("family_tension")),
            Ordering::Greater,
            "On days with the trigger family tension, craving tended to be higher (12 and 14 days).",
        ),
        (
            Factor::Trigger(None),
            Ordering::Less,
            "On days with this trigger, craving tended to be lower (12 and 14 days).",
        ),
    ];
    for (factor, tended, words) in vectors {
        assert_eq!(factor.sentence("craving", &comparison(tended)), words);
    }
}

#[test]
fn the_word_goes_by_the_exact_difference() {
    // 1/1000 apart is shown as 0.0 and is still higher.
    let outcome = (0..10).map(|n| (day(n), Ratio::of(5000 + i64::from(n < 5), 1000).unwrap()));
    let got = with_without(DayValues::means_of(outcome).days(), |date| Some(date < day(5)));
    assert_eq!(got.ok().map(|it| (it.difference, it.tended)), Some((0.0, Ordering::Greater)));
}

proptest! {
    #[test]
    fn turning_the_factor_turns_the_difference(given in prop::collection::vec((0_i64..11, any::<bool>()), 10..40)) {
        let outcome = values(&given.iter().map(|(value, _)| *value).collect::<Vec<_>>());
        let has = |date: NaiveDate| given[usize::try_from((date - day(0)).num_days()).unwrap()].1;
        let on = with_without(outcome.days(), |date| Some(has(date)));
        let off = with_without(outcome.days(), |date| Some(!has(date)));
        match (on, off) {
            (Figure::Ok(on), Figure::Ok(off)) => {
                prop_assert_eq!((on.with, on.without), (off.without, off.with));
                prop_assert_eq!(on.difference.abs().to_bits(), off.difference.abs().to_bits());
                prop_assert_eq!(on.tended, off.tended.reverse());
            }
            (on, off) => prop_assert_eq!(on, off, "both need more, as much"),
        }
    }
}
