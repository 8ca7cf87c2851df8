//! A connection to either engine. Every query of the program is written once and run through these methods.
//!
//! The bounds ask that a query means something on *both* engines; the compiler refuses one that does not.
//! On SQLite a query is done when it is called, so the futures here are ready at their first poll; that is
//! what lets a whole operation run on the writer's thread without a runtime (see [`finish`]).

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use diesel::query_dsl::methods as sync;
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::methods as asynchronous;

use super::postgres::Pipeline;
use super::statement::{Row, Statement};
use super::types::Id;
use crate::error::{Error, Result};

/// A connection inside an operation.
pub struct Conn<'a> {
    engine: Engine<'a>,
    undo: Cell<bool>,
    changed: Cell<Option<(Id, i64)>>,
}

enum Engine<'a> {
    Sqlite(RefCell<&'a mut SqliteConnection>),
    Postgres(Pipeline<'a>),
}

impl<'a> Conn<'a> {
    pub(super) fn sqlite(conn: &'a mut SqliteConnection) -> Self {
        Self::of(Engine::Sqlite(RefCell::new(conn)))
    }

    pub(super) fn postgres(pipeline: Pipeline<'a>) -> Self {
        Self::of(Engine::Postgres(pipeline))
    }

    fn of(engine: Engine<'a>) -> Self {
        Self { engine, undo: Cell::default(), changed: Cell::default() }
    }

    /// Asks that nothing this operation wrote be kept, although it answers: the row was already as wished,
    /// so that the revision must not grow.
    pub fn undo(&self) {
        self.undo.set(true);
    }

    /// Notes that an account's journal will stand at a revision, for those who wait for that.
    pub fn announce(&self, account: Id, revision: i64) {
        self.changed.set(Some((account, revision)));
    }

    /// What is to be told once everything is committed.
    pub(super) fn announced(&self) -> Option<(Id, i64)> {
        self.changed.get().filter(|_| !self.undo.get())
    }

    pub(super) fn is_undone(&self) -> bool {
        self.undo.get()
    }

    /// Ends an operation that is a transaction of its own, as on PostgreSQL each is (SQLite's writer ends one for many):
    /// it is kept if that is what the operation came to. Answers too whether the connection is fit for another.
    pub(super) async fn end<T>(self, outcome: Result<T>) -> (Result<T>, bool) {
        let Engine::Postgres(pipeline) = self.engine else { return (outcome, true) };
        let outcome = match outcome {
            Ok(answer) if !self.undo.get() => pipeline.commit().await.map(|()| answer),
            other => other,
        };
        (outcome, pipeline.close().await)
    }

    /// Runs a command and answers how many rows it touched.
    pub async fn execute<Q>(&self, query: Q) -> QueryResult<usize>
    where
        Q: sync::ExecuteDsl<SqliteConnection> + asynchronous::ExecuteDsl<&'a AsyncPgConnection>,
    {
        match &self.engine {
            Engine::Sqlite(conn) => <Q as sync::ExecuteDsl<_>>::execute(query, *conn.borrow_mut()),
            Engine::Postgres(pipeline) => {
                let mut conn = pipeline.conn();
                pipeline.wait_for(<Q as asynchronous::ExecuteDsl<_>>::execute(query, &mut conn)).await
            }
        }
    }

    /// Runs a command of which nobody needs to know how many rows it touched. PostgreSQL hears of it with the next
    /// query or at the end, and when it fails, that does.
    pub async fn send<Q>(&self, query: Q) -> QueryResult<()>
    where
        Q: sync::ExecuteDsl<SqliteConnection> + asynchronous::ExecuteDsl<&'a AsyncPgConnection>,
    {
        match &self.engine {
            Engine::Sqlite(conn) => <Q as sync::ExecuteDsl<_>>::execute(query, *conn.borrow_mut()).map(drop),
            Engine::Postgres(pipeline) => {
                let mut conn = pipeline.conn();
                pipeline.add(<Q as asynchronous::ExecuteDsl<_>>::execute(query, &mut conn)).await
            }
        }
    }

    /// All rows of a query.
    pub async fn load<'query, U, Q>(&self, query: Q) -> QueryResult<Vec<U>>
    where
        U: Send,
        Q: diesel::query_dsl::LoadQuery<'query, SqliteConnection, U>
            + asynchronous::LoadQuery<'query, &'a AsyncPgConnection, U>
            + 'query,
    {
        match &self.engine {
            Engine::Sqlite(conn) => {
                diesel::query_dsl::LoadQuery::internal_load(query, *conn.borrow_mut())?.collect()
            }
            Engine::Postgres(pipeline) => {
                let mut conn = pipeline.conn();
                pipeline.wait_for(diesel_async::RunQueryDsl::load(query, &mut conn)).await
            }
        }
    }

    /// The first row of a query, if there is one. Meant for look-ups by key: it adds no LIMIT.
    pub async fn first<'query, U, Q>(&self, query: Q) -> QueryResult<Option<U>>
    where
        U: Send,
        Q: diesel::query_dsl::LoadQuery<'query, SqliteConnection, U>
            + asynchronous::LoadQuery<'query, &'a AsyncPgConnection, U>
            + 'query,
    {
        Ok(self.load(query).await?.into_iter().next())
    }

    /// All rows of a statement put together from a collection's description.
    pub async fn rows(&self, statement: Statement) -> QueryResult<Vec<Row>> {
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
