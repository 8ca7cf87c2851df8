//! A PostgreSQL server of a test's own: one to break, to copy or to ask for TLS.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

use super::engine::{on_postgres, variable};

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
        variable("TEST_DATABASE_URL")?;
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
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
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

fn script(arguments: &[String]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/postgres"));
    command.args(arguments).stdin(Stdio::null());
    command
}
