//! The PostgreSQL of those peers that want one: a private cluster, on the servers' core like everything that answers,
//! with its own defaults. It is stopped and removed in the end.

use crate::Result;
use crate::peers::install::output;
use crate::server::{SERVER_CORE, pinned};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/postgres");

/// A running cluster.
pub struct Cluster {
    directory: PathBuf,
    pub url: String,
    /// The process that started all others.
    pub pid: u32,
}

impl Cluster {
    /// Makes and starts one below `directory`.
    pub fn start(directory: &Path) -> Result<Self> {
        let directory = directory.join("postgres");
        let mut command = pinned(SERVER_CORE, Path::new(SCRIPT));
        // Counting statements is for tests: it would only slow the peers.
        command.arg("start").arg(&directory).args(["-c", "shared_preload_libraries="]);
        let mut cluster = Self { url: output(&mut command)?, directory, pid: 0 };
        let file = fs::read_to_string(cluster.directory.join("data/postmaster.pid"))?;
        cluster.pid = file.lines().next().ok_or("an empty postmaster.pid")?.parse()?;
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        Command::new(SCRIPT).arg("stop").arg(&self.directory).status().ok();
    }
}
