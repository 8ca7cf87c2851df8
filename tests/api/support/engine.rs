//! The two engines: an SQLite file in the server's own directory, or a PostgreSQL database made for one test.

use std::fmt;
use std::io::Write as _;
use std::sync::Once;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

/// Where one test keeps its journal. Dropped, a PostgreSQL database is dropped too.
pub enum Engine {
    /// A file.
    Sqlite,
    /// A database of its own on the server that `TEST_DATABASE_URL` names.
    Postgres {
        /// The address that may make databases.
        admin: String,
        /// Its name.
        name: String,
    },
}

impl Engine {
    /// A file.
    pub const fn sqlite() -> Self {
        Self::Sqlite
    }

    /// A fresh database, or `None` where there is no PostgreSQL to test on: that is said once and loudly,
    /// and is a failure in CI.
    pub fn postgres() -> Option<Self> {
        let Some(admin) = variable("TEST_DATABASE_URL") else {
            const NOT_TESTED: &str =
                "PostgreSQL was NOT tested: set TEST_DATABASE_URL (`just pg` starts one)";
            static SAID: Once = Once::new();
            // Past the test runner's capture, which keeps what a passing test prints to itself.
            SAID.call_once(|| std::io::stderr().write_all(format!("\n{NOT_TESTED}\n\n").as_bytes()).unwrap());
            assert_ne!(variable("CI").as_deref(), Some("true"), "{NOT_TESTED}");
            return None;
        };
        Some(Self::on(admin))
    }

    /// A fresh database on a certain server.
    pub fn on(admin: String) -> Self {
        let name = format!("rj_test_{}", uuid::Uuid::new_v4().simple());
        execute(&admin, &format!("CREATE DATABASE {name}"));
        Self::Postgres { admin, name }
    }

    /// The name of the database, if it has one.
    pub fn name(&self) -> Option<&str> {
        let Self::Postgres { name, .. } = self else { return None };
        Some(name)
    }

    /// `DATABASE_URL` for the server, if it is not the default one in its directory.
    pub fn url(&self) -> Option<String> {
        let Self::Postgres { admin, name } = self else { return None };
        let (address, options) = admin.split_once('?').map_or((admin.as_str(), None), |(a, o)| (a, Some(o)));
        let (server, _) = address.rsplit_once('/').expect("TEST_DATABASE_URL ends in a database");
        Some(format!("{server}/{name}{}", options.map(|options| format!("?{options}")).unwrap_or_default()))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if matches!(self, Self::Sqlite) { "sqlite" } else { "postgres" })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Self::Postgres { admin, name } = self {
            let done = try_execute(admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            // A test that fails may leave its server in any state, and has said enough.
            assert!(done.is_ok() || std::thread::panicking(), "{name} stays: {done:?}");
        }
    }
}

/// How often a fault is provoked: `usual`, or as often as `FAULT_ROUNDS` says.
pub fn rounds(usual: usize) -> usize {
    variable("FAULT_ROUNDS").map_or(usual, |text| text.parse().expect("FAULT_ROUNDS is a number"))
}

/// A setting of the tests.
#[expect(clippy::disallowed_methods, reason = "the tests' own settings are not the server's")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs something with a connection to PostgreSQL, from a test that is not asynchronous.
pub fn on_postgres<T>(url: &str, run: impl AsyncFnOnce(&mut AsyncPgConnection) -> T) -> T {
    try_on_postgres(url, run).expect("PostgreSQL answers at TEST_DATABASE_URL")
}

fn try_on_postgres<T>(
    url: &str,
    run: impl AsyncFnOnce(&mut AsyncPgConnection) -> T,
) -> diesel::ConnectionResult<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = AsyncPgConnection::establish(url).await?;
        Ok(run(&mut conn).await)
    })
}

fn execute(url: &str, statement: &str) {
    try_execute(url, statement).expect(statement);
}

fn try_execute(url: &str, statement: &str) -> Result<(), String> {
    let done = try_on_postgres(url, async |conn| conn.batch_execute(statement).await);
    done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}
