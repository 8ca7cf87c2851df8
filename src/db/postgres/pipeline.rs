//! The steps of an operation on their way to PostgreSQL: those whose answers nobody needs yet wait, and go together
//! with the next whose answer is needed. A transaction that takes a revision and inserts a record is so two messages
//! there and back instead of four.
//!
//! The order is the operation's. A step is sent when it is first polled, and each is polled before the next; one whose
//! statement is not prepared yet keeps the connection's statements to itself until it has been sent, and COMMIT is such
//! a statement as well. Should BEGIN fail, the server refuses what was sent with it: outside of a transaction a
//! connection only reads.

use std::cell::{Cell, RefCell};

use diesel::result::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join, join_all};

use crate::db::statement::Statement;
use crate::error::{Error, Result};

/// Steps that may wait. One more, and all are sent.
const MOST: usize = 16;

/// A connection, and what waits to be sent by it.
pub struct Pipeline<'a> {
    conn: &'a AsyncPgConnection,
    waiting: RefCell<Vec<BoxFuture<'a, QueryResult<()>>>>,
    /// Whether the server has heard of the transaction.
    begun: Cell<bool>,
    /// Steps that were sent and whose answer was not good, or was not waited for to its end.
    unanswered: Cell<usize>,
}

impl<'a> Pipeline<'a> {
    /// Steps that need no transaction.
    pub(super) const fn new(conn: &'a AsyncPgConnection) -> Self {
        Self { conn, waiting: RefCell::new(Vec::new()), begun: Cell::new(false), unanswered: Cell::new(0) }
    }

    /// A transaction that begins in this way with its first step.
    pub(super) fn transaction(conn: &'a AsyncPgConnection, begin: &'static str) -> Self {
        let begin = async move {
            let mut conn = conn;
            conn.batch_execute(begin).await
        };
        Self { waiting: RefCell::new(vec![begin.boxed()]), ..Self::new(conn) }
    }

    /// The connection, to make a step with.
    pub const fn conn(&self) -> &'a AsyncPgConnection {
        self.conn
    }

    /// Adds a step whose answer nobody needs yet. When it fails, so does the next that is waited for.
    pub async fn add(&self, step: BoxFuture<'a, QueryResult<usize>>) -> QueryResult<()> {
        let count = {
            let mut waiting = self.waiting.borrow_mut();
            waiting.push(step.map(|done| done.map(drop)).boxed());
            waiting.len()
        };
        if count > MOST { self.wait_for(async { Ok(()) }).await } else { Ok(()) }
    }

    /// Sends what waits and then this step, and waits for all their answers.
    pub async fn wait_for<T>(&self, step: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
        self.begun.set(true);
        self.unanswered.update(|count| count + 1);
        let waiting = self.waiting.take();
        let outcome = if waiting.is_empty() {
            step.await
        } else {
            let (before, outcome) = join(join_all(waiting), step).await;
            // The first that failed is the reason why the others did.
            before.into_iter().collect::<QueryResult<()>>().and(outcome)
        };
        if outcome.is_ok() {
            self.unanswered.update(|count| count - 1);
        }
        outcome
    }

    /// Keeps all of the transaction.
    pub async fn commit(&self) -> Result<()> {
        if self.unanswered.get() > 0 {
            // After a failure PostgreSQL keeps nothing of it, and would not call that an error.
            return Err(Error::internal("a statement failed and its operation went on"));
        }
        let mut conn = self.conn;
        self.wait_for(Statement::new("COMMIT").execute(&mut conn)).await?;
        self.begun.set(false);
        Ok(())
    }

    /// Gives up what was not kept, and answers whether the connection is fit for the next transaction.
    pub async fn close(mut self) -> bool {
        !self.begun.get() || self.conn.batch_execute("ROLLBACK").await.is_ok()
    }
}
