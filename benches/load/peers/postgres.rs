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
    url: String,
    /// The folder of PostgreSQL's programs.
    pub tools: PathBuf,
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
        let tools = PathBuf::from(output(Command::new("pg_config").arg("--bindir"))?);
        let mut cluster = Self { url: output(&mut command)?, tools, directory, pid: 0 };
        let file = fs::read_to_string(cluster.directory.join("data/postmaster.pid"))?;
        cluster.pid = file.lines().next().ok_or("an empty postmaster.pid")?.parse()?;
        Ok(cluster)
    }

    /// The address of a database of this name, which is made unless it is there: nobody sees what is another's.
    pub fn database(&self, name: &str) -> Result<String> {
        let found = self.sql(&self.url, &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
        if found.is_empty() {
            self.sql(&self.url, &format!("CREATE DATABASE {name}"))?;
        }
        let (server, _) = self.url.rsplit_once('/').ok_or("an address without a database")?;
        Ok(format!("{server}/{name}"))
    }

    /// Runs SQL in the database at an address, and answers what it printed.
    pub fn sql(&self, url: &str, text: &str) -> Result<String> {
        let mut psql = Command::new(self.tools.join("psql"));
        output(psql.args(["--quiet", "--no-align", "--tuples-only", "--command", text, url]))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        Command::new(SCRIPT).arg("stop").arg(&self.directory).status().ok();
    }
}
