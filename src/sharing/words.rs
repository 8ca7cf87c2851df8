//! Dates, numbers and names as people write them.

use chrono::NaiveDate;

use super::scope::{INSIGHTS, MILESTONES, STREAKS, SharedScope};
use crate::journal::{COLLECTIONS, Collection};

/// `2 November 2026`
pub fn date(on: NaiveDate) -> String {
    on.format("%-d %B %Y").to_string()
}

/// `2 Nov 2026`, where there is little room
pub fn compact(on: NaiveDate) -> String {
    on.format("%-d\u{a0}%b\u{a0}%Y").to_string()
}

/// `2 Nov`
pub fn short(on: NaiveDate) -> String {
    on.format("%-d %b").to_string()
}

/// `1 day`, `2 days`
pub fn count(n: impl Into<i64>, one: &str) -> String {
    match n.into() {
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    }
}

/// A number without decimals that say nothing.
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A number as the API gives it: two decimals, and none that say nothing.
pub fn exact(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "\u{2212}")
}

/// The same with its sign.
pub fn plus(value: f64) -> String {
    let text = exact(value);
    if value > 0.0 { format!("+{text}") } else { text }
}

/// A number with its sign.
pub fn signed(value: f64) -> String {
    let (sign, size) = if value < 0.0 { ("−", -value) } else { ("+", value) };
    if number(size) == "0" { "as before".to_owned() } else { format!("{sign}{}", number(size)) }
}

/// A name of the catalogue as words; what somebody wrote themselves stays as it is.
pub fn name(name: &str) -> String {
    let coded = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !coded {
        return name.to_owned();
    }
    let mut letters = name.replace('_', " ");
    if let Some(first) = letters.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    letters
}

/// What is shared under a grant's name.
pub fn thing(collection: &str) -> String {
    match collection {
        INSIGHTS => "Trends and insights".to_owned(),
        STREAKS => "Streaks and clocks".to_owned(),
        MILESTONES => "Milestones".to_owned(),
        "check_ins" => "Check-ins".to_owned(),
        other => name(other),
    }
}

/// What is granted alike, in words.
pub struct Granted {
    /// What.
    pub things: String,
    /// How much of it.
    pub detail: &'static str,
    /// For which dates.
    pub dates: String,
}

/// Grants in words, those that are alike together.
pub fn granted(scopes: &[SharedScope]) -> Vec<Granted> {
    let mut alike: Vec<(&'static str, String, Vec<String>)> = Vec::new();
    for scope in scopes {
        let (detail, dates, thing) = (extent(scope), span(scope), thing(&scope.collection));
        match alike.iter_mut().find(|(known, when, _)| *known == detail && *when == dates) {
            Some((_, _, things)) => things.push(thing),
            None => alike.push((detail, dates, vec![thing])),
        }
    }
    let told =
        |(detail, dates, things): (_, _, Vec<String>)| Granted { things: listed(&things), detail, dates };
    alike.into_iter().map(told).collect()
}

fn extent(scope: &SharedScope) -> &'static str {
    match scope.detail.as_str() {
        _ if Collection::named(&scope.collection).is_none() => "figures",
        "entries_with_notes" => "entries, with notes and names",
        "entries" => "entries, without notes and names",
        _ => "figures only",
    }
}

fn span(scope: &SharedScope) -> String {
    match (scope.from, scope.to) {
        (None, None) => String::new(),
        (Some(from), None) => format!("from {} on", date(from)),
        (None, Some(to)) => format!("up to {}", date(to)),
        (Some(from), Some(to)) => format!("{} to {}", date(from), date(to)),
    }
}

/// A sentence of the API with its dates as people write them.
pub fn sentence(text: &str) -> String {
    let word = |word: &str| {
        let end = word.trim_end_matches(['.', ',']).len();
        let (bare, rest) = word.split_at_checked(end).unwrap_or((word, ""));
        bare.parse().map_or_else(|_| word.to_owned(), |on| format!("{}{rest}", short(on)))
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// What could be shared and is not, by name.
pub fn withheld(scopes: &[SharedScope]) -> Vec<String> {
    let named = |name: &str| scopes.iter().any(|scope| scope.collection == name);
    let all = [INSIGHTS, STREAKS].into_iter().chain(COLLECTIONS.iter().map(|collection| collection.name));
    all.filter(|name| !named(name)).map(thing).collect()
}

/// Words in a row: `a, b and c`.
pub fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_read_well() {
        assert_eq!([number(6.0), number(6.25), number(0.04)], ["6", "6.2", "0"]);
        assert_eq!([exact(6.0), exact(6.25), exact(100.0), exact(-0.5)], ["6", "6.25", "100", "\u{2212}0.5"]);
        assert_eq!([plus(0.71), plus(0.0), plus(-1.0)], ["+0.71", "0", "\u{2212}1"]);
        assert_eq!([signed(0.71), signed(-1.0), signed(0.0)], ["+0.7", "−1", "as before"]);
        assert_eq!(
            [name("urge_surfing"), name("Play guitar"), name("")],
            ["Urge surfing", "Play guitar", ""]
        );
        assert_eq!([count(1_u32, "day"), count(0_u32, "day")], ["1 day", "0 days"]);
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!([listed(&words), listed(&words[..1])], ["a, b and c", "a"]);
        let told = sentence("Two cravings of 8 or more within 3 days, the second on 2026-11-20.");
        assert_eq!(told, "Two cravings of 8 or more within 3 days, the second on 20 Nov.");
        assert_eq!(date("2026-11-02".parse().unwrap()), "2 November 2026");
    }
}
