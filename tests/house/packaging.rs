//! What is handed to systemd and to containers: it names only settings and commands that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use recovery_journal::config::DEFAULTS;

use crate::source::none;

/// The files, with what begins a line that sets settings.
const FILES: &[(&str, &str)] =
    &[("packaging/recovery-journal.service", "Environment="), ("packaging/Containerfile", "ENV ")];

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Words in capitals with an underscore, which nothing but settings are called; addresses of systemd's are known.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    words.filter(|word| {
        let capitals = word.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_');
        capitals && word.contains('_') && !word.starts_with("AF_")
    })
}

#[test]
fn settings_of_packages_exist() {
    let known: BTreeSet<&str> = DEFAULTS.iter().map(|(name, _)| *name).collect();
    let mut unknown = Vec::new();
    let mut set = 0;
    for (file, sets) in FILES {
        let text = read(file);
        unknown
            .extend(names(&text).filter(|name| !known.contains(name)).map(|name| format!("{file}: {name}")));
        let settings = text.lines().filter_map(|line| line.strip_prefix(sets));
        for setting in settings.flat_map(str::split_whitespace).filter_map(|setting| setting.split_once('='))
        {
            set += 1;
            if !known.contains(setting.0) {
                unknown.push(format!("{file} sets {}", setting.0));
            }
        }
    }
    assert!(set >= 6, "only {set} settings were found");
    none("settings that src/config.rs does not know:", &unknown);
}

#[test]
fn an_image_is_built_with_the_compiler_that_the_crate_asks_for() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap();
    let version = version.trim_end_matches('"');
    assert!(read("packaging/Containerfile").contains(&format!("FROM rust:{version}-")), "not {version}");
    // What is let into it is all that the crate is made of.
    let ignore = read(".containerignore");
    for part in ["Cargo.toml", "Cargo.lock", ".cargo", "benches", "migrations", "src", "templates"] {
        assert!(ignore.lines().any(|line| line == format!("!{part}")), "{part} is not let in");
    }
}
