//! The project's own files, as the rules read them.

use std::fs;
use std::path::{Path, PathBuf};

/// What modules of tests are called, in a file or beside it as `<file>_tests.rs`.
pub const TEST_MODULES: [&str; 2] = ["tests", "properties"];

/// A text file of the project.
pub struct Source {
    /// From the project's root, such as `src/db/types.rs`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A file that is not on disk, for the rules' own tests.
    pub fn imagined(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The modules the file stands for: `src/db/types.rs` is `db`, `types`; `src/domain/day_tests.rs` is
    /// `domain`, `day`, `tests`; the crate's root is empty.
    pub fn module(&self) -> Vec<&str> {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let inside = inside.trim_end_matches("/mod");
        let mut modules: Vec<&str> =
            if matches!(inside, "lib" | "main") { Vec::new() } else { inside.split('/').collect() };
        let beside = modules.last().and_then(|last| last.rsplit_once('_'));
        if let Some((tested, kind)) = beside.filter(|(_, kind)| TEST_MODULES.contains(kind)) {
            modules.pop();
            modules.extend([tested, kind]);
        }
        modules
    }
}

/// Every text file below `places` (files or directories of the project; missing ones are left out), in the
/// order of their paths.
pub fn files(places: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for place in places {
        collect(&root.join(place), &mut paths);
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = String::from_utf8(fs::read(&path).unwrap()).ok()?;
        Some(Source { path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text })
    };
    paths.into_iter().filter_map(read).collect()
}

/// Every Rust file below `places`.
pub fn rust(places: &[&str]) -> Vec<Source> {
    let mut files = files(places);
    files.retain(|file| Path::new(&file.path).extension().is_some_and(|extension| extension == "rs"));
    assert!(files.len() > 3, "the rules found next to nothing to read below {places:?}");
    files
}

fn collect(path: &Path, paths: &mut Vec<PathBuf>) {
    if path.file_name().is_some_and(|name| name == "node_modules" || name == "target") {
        return;
    }
    if path.is_file() {
        paths.push(path.to_owned());
    } else if let Ok(entries) = fs::read_dir(path) {
        for entry in entries {
            collect(&entry.unwrap().path(), paths);
        }
    }
}

/// Fails with one line a breach, if there is any.
pub fn none(rule: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{rule}\n  {}\n", breaches.join("\n  "));
}
