//! The database behind a running server, looked at directly: what is in it, and what it refuses by itself.

use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, SqliteConnection};

use super::Server;
use super::engine::on_postgres;

/// Either engine's answer to a question in SQL.
pub struct Database<'a>(pub &'a Server);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Database<'_> {
    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        self.0.engine().url().is_none()
    }

    fn sqlite(&self) -> SqliteConnection {
        let path = self.0.directory().join("journal.db");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        diesel::connection::SimpleConnection::batch_execute(
            &mut conn,
            "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON",
        )
        .unwrap();
        conn
    }

    /// Runs a statement; the error is what the database says.
    pub fn execute(&self, statement: &str) -> Result<(), String> {
        match self.0.engine().url() {
            None => diesel::connection::SimpleConnection::batch_execute(&mut self.sqlite(), statement),
            Some(url) => on_postgres(&url, async |conn| {
                diesel_async::SimpleAsyncConnection::batch_execute(conn, statement).await
            }),
        }
        .map_err(|error| error.to_string())
    }

    /// The rows of a question whose one column is called `line`.
    pub fn lines(&self, question: &str) -> Vec<String> {
        let rows: diesel::QueryResult<Vec<Line>> = match self.0.engine().url() {
            None => diesel::RunQueryDsl::load(diesel::sql_query(question), &mut self.sqlite()),
            Some(url) => on_postgres(&url, async |conn| {
                diesel_async::RunQueryDsl::load(diesel::sql_query(question), conn).await
            }),
        };
        let rows = rows.unwrap_or_else(|error| panic!("{question}: {error}"));
        rows.into_iter().map(|row| row.line).collect()
    }

    /// How many rows a table has under a condition.
    pub fn count(&self, table: &str, condition: &str) -> i64 {
        let question = format!("SELECT count(*) AS count FROM {table} WHERE {condition}");
        let rows: diesel::QueryResult<Vec<Count>> = match self.0.engine().url() {
            None => diesel::RunQueryDsl::load(diesel::sql_query(&question), &mut self.sqlite()),
            Some(url) => on_postgres(&url, async |conn| {
                diesel_async::RunQueryDsl::load(diesel::sql_query(&question), conn).await
            }),
        };
        rows.unwrap_or_else(|error| panic!("{question}: {error}"))[0].count
    }

    /// The names of all tables of ours.
    pub fn tables(&self) -> Vec<String> {
        self.lines(if self.is_sqlite() {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY 1"
        } else {
            "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public' \
             AND tablename NOT LIKE '\\_\\_%' ORDER BY 1"
        })
    }

    /// How many rows of a table hold a text in a column of bytes, as it is.
    pub fn holding(&self, table: &str, column: &str, text: &str) -> i64 {
        let digits: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let held =
            if self.is_sqlite() { format!("hex({column})") } else { format!("encode({column}, 'hex')") };
        self.count(table, &format!("lower({held}) LIKE '%{}%'", digits.concat()))
    }

    /// A moment long ago, as this engine writes it in a statement.
    pub fn long_ago(&self) -> &'static str {
        if self.is_sqlite() { "1" } else { "'2020-01-01T00:00:00Z'" }
    }

    /// A moment far ahead.
    pub fn far_ahead(&self) -> &'static str {
        if self.is_sqlite() { "32503680000000000" } else { "'3000-01-01T00:00:00Z'" }
    }

    /// Bytes as this engine writes them in a statement.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = digits.concat();
        if self.is_sqlite() { format!("x'{digits}'") } else { format!("'\\x{digits}'::bytea") }
    }

    /// An id as this engine writes it in a statement.
    pub fn id(&self, id: &str) -> String {
        if self.is_sqlite() { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") }
    }
}
