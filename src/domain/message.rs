//! The sentence that goes with a clock: kind, true and in plain words.
//!
//! After a lapse it names what stays. Refuses to shout a zero, to blame, to praise falsely and to give
//! medical advice.

use chrono::NaiveDate;

/// What the sentence may speak of.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, each named, none of them a mode")]
pub(crate) struct Standing {
    pub(crate) starts_later: bool,
    pub(crate) since: NaiveDate,
    pub(crate) keeps: bool,
    pub(crate) open: bool,
    pub(crate) current_days: u32,
    pub(crate) longest_days: u32,
    pub(crate) substance_free_days: u32,
    pub(crate) lapsed: bool,
}

/// The sentence, in English.
pub(crate) fn sentence(now: &Standing) -> String {
    let since = now.since.format("%-d %B %Y");
    if now.starts_later {
        return format!("This clock starts on {since}. Choosing a date is already a step.");
    }
    if now.keeps && now.lapsed && now.substance_free_days > 0 {
        let days = days(now.substance_free_days);
        return format!("You have had {days} substance-free since {since}, and no lapse takes them away.");
    }
    if now.open || (now.keeps && now.lapsed) {
        return match what_stays(now) {
            Some(stays) => format!("{stays} When you are ready to resume, this clock is ready too."),
            None => "Writing this down was a step. When you are ready to resume, this clock is ready too."
                .to_owned(),
        };
    }
    let running = match (now.current_days, now.lapsed) {
        (0, false) => "Today is day 1. Beginning is a real step.".to_owned(),
        (0, true) => "You resumed today, and today is day 1.".to_owned(),
        (n, false) => format!("{} since {since}. Today is day {}.", days(n), n + 1),
        (n, true) => format!("{} since you resumed on {since}. Today is day {}.", days(n), n + 1),
    };
    match what_stays(now).filter(|_| now.lapsed) {
        Some(stays) => format!("{running} {stays}"),
        None => running,
    }
}

/// What no lapse takes away; nothing when there is nothing to name yet.
fn what_stays(now: &Standing) -> Option<String> {
    let total = (now.substance_free_days > 0)
        .then(|| format!("{} substance-free in all", days(now.substance_free_days)));
    let longest = (now.longest_days > 0).then(|| format!("a longest stretch of {}", days(now.longest_days)));
    let named: Vec<String> = total.into_iter().chain(longest).collect();
    (!named.is_empty()).then(|| format!("What you built stays yours: {}.", named.join(", and ")))
}

fn days(count: u32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RUNNING: Standing = Standing {
        starts_later: false,
        since: NaiveDate::from_ymd_opt(2026, 8, 1).unwrap(),
        keeps: false,
        open: false,
        current_days: 113,
        longest_days: 210,
        substance_free_days: 396,
        lapsed: true,
    };

    #[test]
    fn every_standing_has_its_words() {
        let r = RUNNING;
        let vectors = [
            (
                r,
                "113 days since you resumed on 1 August 2026. Today is day 114. What you built stays yours: \
                 396 days substance-free in all, and a longest stretch of 210 days.",
            ),
            (Standing { lapsed: false, ..r }, "113 days since 1 August 2026. Today is day 114."),
            (Standing { lapsed: false, current_days: 1, ..r }, "1 day since 1 August 2026. Today is day 2."),
            (Standing { lapsed: false, current_days: 0, ..r }, "Today is day 1. Beginning is a real step."),
            (
                Standing { current_days: 0, ..r },
                "You resumed today, and today is day 1. What you built stays yours: \
                 396 days substance-free in all, and a longest stretch of 210 days.",
            ),
            (
                Standing { open: true, current_days: 0, ..r },
                "What you built stays yours: 396 days substance-free in all, and a longest stretch of 210 days. \
                 When you are ready to resume, this clock is ready too.",
            ),
            (
                Standing { open: true, current_days: 0, longest_days: 0, substance_free_days: 0, ..r },
                "Writing this down was a step. When you are ready to resume, this clock is ready too.",
            ),
            (
                Standing { keeps: true, current_days: 396, longest_days: 396, ..r },
                "You have had 396 days substance-free since 1 August 2026, and no lapse takes them away.",
            ),
            (
                Standing { starts_later: true, ..r },
                "This clock starts on 1 August 2026. Choosing a date is already a step.",
            ),
        ];
        for (standing, words) in vectors {
            assert_eq!(sentence(&standing), words);
        }
    }

    proptest! {
        #[test]
        fn no_zero_is_shouted_and_what_stays_is_named(
            (starts_later, keeps, open, lapsed) in any::<(bool, bool, bool, bool)>(),
            (current, longest, total) in (0_u32..3, 0_u32..3, 0_u32..3),
        ) {
            let now = Standing {
                starts_later, keeps, open, lapsed,
                current_days: current, longest_days: longest, substance_free_days: total, ..RUNNING
            };
            let words = sentence(&now);
            prop_assert!(!words.contains(" 0 ") && !words.starts_with("0 "), "{}", words);
            prop_assert!(words.ends_with('.') && !words.contains("1 days"), "{}", words);
            if lapsed && total > 0 && !starts_later {
                prop_assert!(words.contains(&format!("{} substance-free", days(total))), "{}", words);
            }
            for word in ["only", "again", "fail", "relapse", "should", "must", "dose", "doctor"] {
                prop_assert!(!words.contains(word), "{}", words);
            }
        }
    }
}
