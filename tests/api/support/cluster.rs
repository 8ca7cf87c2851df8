//! A PostgreSQL server of a test's own: one to break, to copy or to ask for TLS, without harm to others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use super::Engine;
use super::engine::{on_postgres, variable};
use super::server::send_signal;

/// A server that `.ci/postgres` started; stopped when dropped.
pub struct Cluster {
    directory: PathBuf,
    /// The address of its first database, as whoever may do anything.
    pub url: String,
    running: bool,
    _place: tempfile::TempDir,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl Cluster {
    /// A new one with options of the server's, or none where PostgreSQL is not tested. `prepare` may put files where
    /// the server finds them.
    pub fn start(prepare: impl FnOnce(&Path) -> Vec<String>) -> Option<Self> {
        if variable("TEST_DATABASE_URL").is_none() {
            return Engine::postgres().map(|_| unreachable!("there is none"));
        }
        Some(Self::make(|place| {
            let mut arguments = vec!["start".to_owned(), place.join("cluster").to_str().unwrap().to_owned()];
            arguments.extend(prepare(place));
            arguments
        }))
    }

    /// A replica of this one.
    pub fn replica(&self) -> Self {
        let url = self.url.clone();
        Self::make(|place| {
            vec!["replica".to_owned(), place.join("cluster").to_str().unwrap().to_owned(), url]
        })
    }

    fn make(arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let place = tempfile::tempdir().unwrap();
        // The server is another user's.
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let output = script(&arguments(place.path())).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let url = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        Self { directory: place.path().join("cluster"), url, running: true, _place: place }
    }

    /// Ends it at once.
    pub fn stop(&mut self) {
        if std::mem::take(&mut self.running) {
            let directory = self.directory.to_str().unwrap().to_owned();
            assert!(script(&["stop".to_owned(), directory]).status().unwrap().success());
        }
    }

    /// A fresh database on it.
    pub fn engine(&self) -> Engine {
        Engine::on(self.url.clone())
    }

    /// Stops it as an operator would, if it runs, and starts it again.
    pub fn restart(&self) {
        let directory = self.directory.to_str().unwrap().to_owned();
        assert!(script(&["again".to_owned(), directory]).status().unwrap().success());
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

    /// The address of one of its databases.
    pub fn database(&self, name: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        format!("{server}/{name}")
    }

    /// Runs statements in one of its databases.
    pub fn execute(&self, database: &str, statements: &str) {
        on_postgres(&self.database(database), async |conn| conn.batch_execute(statements).await).unwrap();
    }

    /// The whole number that a question about one of its databases brings.
    pub fn number(&self, database: &str, question: &str) -> i64 {
        let question = format!("SELECT ({question})::bigint AS number");
        let number: Number = on_postgres(&self.database(database), async |conn| {
            diesel::sql_query(&question).get_result(conn).await
        })
        .unwrap_or_else(|error| panic!("{question}: {error}"));
        number.number
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
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

fn script(arguments: &[String]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/postgres"));
    command.args(arguments).stdin(Stdio::null());
    command
}
