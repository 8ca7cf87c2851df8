//! A connection to either engine. Every query of the program is written once and run through these methods.
//!
//! The bounds ask that a query means something on *both* engines; the compiler refuses one that does not.
//! On SQLite a query is done when it is called, so the futures here are ready at their first poll; that is
//! what lets a whole operation run on the writer's thread without a runtime (see [`finish`]).

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use diesel::query_dsl::methods as sync;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::methods as asynchronous;

use super::statement::{Row, Statement};
use super::types::Id;
use crate::error::{Error, Result};

/// A connection inside an operation.
pub struct Conn<'a> {
    engine: Engine<'a>,
    undo: bool,
    changed: Option<(Id, i64)>,
}

enum Engine<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut AsyncPgConnection),
}

impl<'a> Conn<'a> {
    pub(super) fn sqlite(conn: &'a mut SqliteConnection) -> Self {
        Self { engine: Engine::Sqlite(conn), undo: false, changed: None }
    }

    pub(super) fn postgres(conn: &'a mut AsyncPgConnection) -> Self {
        Self { engine: Engine::Postgres(conn), undo: false, changed: None }
    }

    /// Asks that nothing this operation wrote be kept, although it answers: the row was already as wished,
    /// so that the revision must not grow.
    pub fn undo(&mut self) {
        self.undo = true;
    }

    /// Notes that an account's journal will stand at a revision, for those who wait for that.
    pub fn announce(&mut self, account: Id, revision: i64) {
        self.changed = Some((account, revision));
    }

    /// What is to be told once everything is committed.
    pub(super) fn announced(&self) -> Option<(Id, i64)> {
        self.changed.filter(|_| !self.undo)
    }

    pub(super) fn is_undone(&self) -> bool {
        self.undo
    }

    /// Runs a command and answers how many rows it touched.
    pub async fn execute<Q>(&mut self, query: Q) -> QueryResult<usize>
    where
        Q: sync::ExecuteDsl<SqliteConnection> + asynchronous::ExecuteDsl<AsyncPgConnection>,
    {
        match &mut self.engine {
            Engine::Sqlite(conn) => <Q as sync::ExecuteDsl<_>>::execute(query, conn),
            Engine::Postgres(conn) => <Q as asynchronous::ExecuteDsl<_>>::execute(query, *conn).await,
        }
    }

    /// All rows of a query.
    pub async fn load<'query, U, Q>(&mut self, query: Q) -> QueryResult<Vec<U>>
    where
        U: Send,
        Q: diesel::query_dsl::LoadQuery<'query, SqliteConnection, U>
            + asynchronous::LoadQuery<'query, AsyncPgConnection, U>
            + 'query,
    {
        match &mut self.engine {
            Engine::Sqlite(conn) => diesel::query_dsl::LoadQuery::internal_load(query, conn)?.collect(),
            Engine::Postgres(conn) => diesel_async::RunQueryDsl::load(query, *conn).await,
        }
    }

    /// The first row of a query, if there is one. Meant for look-ups by key: it adds no LIMIT.
    pub async fn first<'query, U, Q>(&mut self, query: Q) -> QueryResult<Option<U>>
    where
        U: Send,
        Q: diesel::query_dsl::LoadQuery<'query, SqliteConnection, U>
            + asynchronous::LoadQuery<'query, AsyncPgConnection, U>
            + 'query,
    {
        Ok(self.load(query).await?.into_iter().next())
    }

    /// All rows of a statement put together from a collection's description.
    pub async fn rows(&mut self, statement: Statement) -> QueryResult<Vec<Row>> {
        self.load(statement).await
    }
}

/// Runs a future that never waits, as every operation on SQLite is.
pub(super) fn finish<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::internal("an operation waited for something other than the database")),
    }
}
