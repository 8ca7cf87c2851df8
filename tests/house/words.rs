//! Person-first language: the words that are never used of people, in no text that somebody may read.

use crate::source::{Source, files, none};

/// Whole words, in any case. This list is the one place where they may stand.
const NEVER: &[&str] = &["addict", "addicts", "abuser", "abusers", "clean", "dirty"];

/// Where this rule and its list are written.
const THIS: &str = "tests/house/words.rs";
/// What lists the packages of others by their names, which nobody here has chosen.
const OTHERS: &str = "/package-lock.json";

#[test]
fn people_are_spoken_of_as_people() {
    let places = [
        "src",
        "openapi",
        "docs",
        "README.md",
        "CHANGELOG.md",
        "migrations",
        "templates",
        "tests",
        "benches",
        ".env.example",
    ];
    let read =
        files(&places).into_iter().filter(|source| source.path != THIS && !source.path.ends_with(OTHERS));
    let breaches: Vec<String> = read.flat_map(|source| breaches(&source)).collect();
    none(
        "words that are never used here (say: person in recovery, return to use, substance-free):",
        &breaches,
    );
}

fn breaches(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for word in line.split(|c: char| !c.is_alphanumeric()) {
            if NEVER.iter().any(|never| word.eq_ignore_ascii_case(never)) {
                found.push(format!("{}:{}: {word}", source.path, number + 1));
            }
        }
    }
    found
}

#[test]
fn the_words_are_found_whole_and_in_any_case() {
    let count = |text: &str| breaches(&Source::imagined("docs/a.md", text)).len();
    assert_eq!(count("An Addict, clean_days and DIRTY."), 3);
    assert_eq!(count("Addiction medicine; a cleaner log; cleanly."), 0);
}
