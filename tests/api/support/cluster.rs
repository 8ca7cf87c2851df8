//! A PostgreSQL of a test's own, to be stopped, frozen and killed without harm to others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::Engine;
use super::engine::variable;
use super::server::send_signal;

/// A cluster; gone when it is dropped.
pub struct Cluster {
    directory: PathBuf,
    /// The address that may make databases.
    pub admin: String,
}

impl Cluster {
    /// Makes and starts one, where tests are to run on PostgreSQL at all.
    pub fn start() -> Option<Self> {
        if variable("TEST_DATABASE_URL").is_none() {
            return Engine::postgres().map(|_| unreachable!("there is none"));
        }
        // Not in a directory of the test's own: the database's user could not enter that.
        let directory = std::env::temp_dir().join(format!("rj-cluster-{}", uuid::Uuid::new_v4().simple()));
        let output = script("start", &directory);
        Some(Self { directory, admin: output.trim().to_owned() })
    }

    /// A fresh database on it.
    pub fn engine(&self) -> Engine {
        Engine::on(self.admin.clone())
    }

    /// Stops it as an operator would, if it runs, and starts it again.
    pub fn restart(&self) {
        script("again", &self.directory);
    }

    /// Ends all its processes as a power cut would.
    pub fn kill(&self) {
        let all = self.processes();
        for process in &all {
            send_signal("KILL", *process);
        }
        while all.iter().any(|process| lives(*process)) {
            thread::sleep(Duration::from_millis(5));
        }
        // Where nobody collects the dead, their number would look alive for a while.
        fs::remove_file(self.pid_file()).unwrap();
    }

    fn pid_file(&self) -> PathBuf {
        self.directory.join("data/postmaster.pid")
    }

    /// Lets it stand still: it keeps its connections and answers nothing.
    pub fn freeze(&self) {
        for process in self.processes() {
            send_signal("STOP", process);
        }
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        for process in self.processes() {
            send_signal("CONT", process);
        }
    }

    /// The first process and those it made, the first one first: it makes no more once it stands still.
    fn processes(&self) -> Vec<u32> {
        let file = fs::read_to_string(self.pid_file()).unwrap();
        let first: u32 = file.lines().next().unwrap().trim().parse().unwrap();
        let all = fs::read_dir("/proc").unwrap().flatten();
        let others = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let children = others.filter(|process| field(*process, "PPid:") == Some(first.to_string()));
        std::iter::once(first).chain(children).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        script("stop", &self.directory);
    }
}

fn field(process: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

/// Whether there is such a process that is more than a memory.
fn lives(process: u32) -> bool {
    field(process, "State:").is_some_and(|state| !state.starts_with('Z'))
}

fn script(verb: &str, directory: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/postgres");
    let output = Command::new(script).arg(verb).arg(directory).output().unwrap();
    assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
