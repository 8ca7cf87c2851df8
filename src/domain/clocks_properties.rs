//! Properties of `clocks`.

use super::super::day_states::DayState;
use super::tests::{START, TODAY, date, figures};
use super::*;
use proptest::prelude::*;

fn some_lapses() -> impl Strategy<Value = Vec<Lapse>> {
    let lapse = (-20_i64..120, prop::option::of(0_i64..40)).prop_map(|(used, length)| {
        let used_on = add_days(date(START), used);
        Lapse { used_on, resumed_on: length.map(|days| add_days(used_on, days)) }
    });
    prop::collection::vec(lapse, 0..8)
}

/// The used dates by the words of the design, date by date.
fn is_used(lapses: &[Lapse], day: NaiveDate, started_on: NaiveDate, today: NaiveDate) -> bool {
    let counted = lapses.iter().filter(|lapse| lapse.used_on >= started_on && lapse.used_on <= today);
    counted.clone().any(|lapse| match lapse.resumed_on {
        Some(resumed) => lapse.used_on == day || (lapse.used_on <= day && day < resumed),
        None => lapse.used_on <= day && day <= today,
    })
}

proptest! {
    #[test]
    fn figures_hold_together(written in some_lapses(), after in -10_i64..130, keep in any::<bool>()) {
        let policy = if keep { ResetPolicy::KeepAndCount } else { ResetPolicy::Reset };
        let (start, today) = (date(START), add_days(date(START), after));
        let got = figures(START, policy, &written, &today.to_string());
        prop_assert!(got.current_days <= got.longest_days, "current ≤ longest");
        prop_assert!(got.longest_days <= got.journey_days, "a span never exceeds the journey");
        prop_assert!(got.substance_free_days <= got.journey_days);
        if !keep && got.status == ClockStatus::Running {
            prop_assert_eq!(got.current_days, days_since(got.since, today));
        }
        let free = start.iter_days().take_while(|day| *day < today).filter(|day| !is_used(&written, *day, start, today));
        prop_assert_eq!(got.substance_free_days as usize, free.count(), "the merged count is the naive one");
        let mut backwards = written.clone();
        backwards.reverse();
        prop_assert_eq!(got, figures(START, policy, &backwards, &today.to_string()), "order of writing never matters");
    }

    #[test]
    fn one_more_lapse_never_adds_days(written in some_lapses(), used in 0_i64..100, length in prop::option::of(0_i64..40)) {
        let used_on = add_days(date(START), used);
        let lapse = Lapse { used_on, resumed_on: length.map(|days| add_days(used_on, days)) };
        let before = figures(START, ResetPolicy::Reset, &written, TODAY);
        let after = figures(START, ResetPolicy::Reset, &[written, vec![lapse]].concat(), TODAY);
        prop_assert!(after.substance_free_days <= before.substance_free_days);
        prop_assert!(after.current_days <= before.current_days);
        prop_assert_eq!(after.lapse_count, before.lapse_count + 1);
        prop_assert_eq!(after.journey_days, before.journey_days);
    }

    #[test]
    fn what_lies_ahead_changes_nothing(written in some_lapses(), after in 1_i64..60) {
        let used_on = add_days(date(TODAY), after);
        let ahead = Lapse { used_on, resumed_on: None };
        let before = figures(START, ResetPolicy::Reset, &written, TODAY);
        prop_assert_eq!(before, figures(START, ResetPolicy::Reset, &[written, vec![ahead]].concat(), TODAY));
    }

    #[test]
    fn used_dates_are_those_whose_state_is_used(
        written in some_lapses(),
        said in prop::collection::vec((-10_i64..110, any::<bool>()), 0..60),
        (from, days) in (0_i64..90, -1_i64..90),
    ) {
        let (start, today) = (date(START), date(TODAY));
        let said = said.into_iter().map(|(day, free)| (add_days(start, day), free));
        let reports = Reports::new(said, [], today);
        let spells = merged(&written, start, today);
        let (from, to) = (add_days(start, from), add_days(start, from + days));
        let states = states(&spells, &reports, from, to);
        let used = states.into_iter().filter(|state| *state == DayState::Used).count();
        prop_assert_eq!(used_dates(&spells, &reports, from, to) as usize, used);
    }

    #[test]
    fn pda_is_a_percentage(written in some_lapses(), said in prop::collection::vec((0_i64..110, any::<bool>()), 0..60)) {
        let clock = Clock { started_on: date(START), reset_policy: ResetPolicy::Reset, lapses: &written, daily_cost: None };
        let said = said.into_iter().map(|(day, free)| (add_days(date(START), day), free));
        let got = clock.figures(&Reports::new(said, [], date(TODAY)), date(TODAY));
        for (figure, need, dates) in [(got.pda_30, 7, 30), (got.pda_90, 21, 90)] {
            match figure {
                Figure::Ok(pda) => prop_assert!((0.0..=100.0).contains(&pda.value) && (need..=dates).contains(&pda.known_days)),
                Figure::NeedsMore { have, need: stated } => prop_assert!(have < need && stated == need),
            }
        }
    }
}
