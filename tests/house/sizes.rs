//! How long a file may be. A longer one is about more than one thing.

use crate::source::{none, rust};

const MOST_LINES: usize = 500;

#[test]
fn no_file_is_longer_than_can_be_kept_in_mind() {
    let long = rust(&["src", "tests", "benches"]).into_iter().filter_map(|source| {
        let lines = source.text.lines().count();
        (lines > MOST_LINES).then(|| format!("{}: {lines} lines", source.path))
    });
    none("files over 500 lines (split them by what they are about):", &long.collect::<Vec<_>>());
}

#[test]
fn each_module_says_first_what_it_is() {
    let silent = rust(&["src", "tests"]).into_iter().filter_map(|source| {
        let says = source.text.lines().next().is_some_and(|line| line.starts_with("//!"));
        (!says).then_some(source.path)
    });
    none("files that do not begin with a //! line:", &silent.collect::<Vec<_>>());
}
