//! The pipeline: what waits goes in its order, what fails takes the whole transaction with it, and nothing is written
//! without one. On the server that `TEST_DATABASE_URL` names.

use diesel::result::DatabaseErrorKind;
use futures_util::{FutureExt as _, join, try_join};
use tokio::task::LocalSet;
use uuid::Uuid;

use super::*;
use crate::db::statement::{Bind, Row, Statement};

/// A table of its own, and one connection to its database.
struct Lines {
    postgres: Postgres,
    table: String,
}

impl Lines {
    /// None where there is no PostgreSQL to test on, which the tests of the API say loudly.
    #[expect(clippy::disallowed_methods, reason = "the tests' own settings are not the server's")]
    async fn open() -> Option<Self> {
        let url = std::env::var("TEST_DATABASE_URL").ok()?;
        let postgres = Postgres::open(Address::parse(&url).unwrap(), None, 1).await.unwrap();
        let table = format!("lines_{}", Uuid::new_v4().simple());
        let this = Self { postgres, table };
        this.run("CREATE TABLE", " (id serial PRIMARY KEY, line text NOT NULL UNIQUE)").await;
        Some(this)
    }

    async fn run(&self, before: &str, after: &str) {
        let statement = Statement::new(format!("{before} {}{after}", self.table));
        let run = async move |conn: &Conn<'_>| Ok(conn.send(statement.clone()).await?);
        self.postgres.write(None, run).await.unwrap();
    }

    fn insert(&self, line: impl std::fmt::Display) -> Statement {
        let line = Bind::Text(Some(line.to_string().into()));
        Statement::new(format!("INSERT INTO {} (line) VALUES (", self.table)).bind(line).sql(")")
    }

    fn select(&self) -> Statement {
        Statement::new(format!("SELECT line FROM {} ORDER BY id", self.table))
    }

    async fn all(&self) -> Vec<String> {
        words(&self.postgres.read(async |conn| Ok(conn.rows(self.select()).await?)).await.unwrap())
    }

    /// The server's process that serves the connection.
    async fn backend(&self) -> i64 {
        let ask = Statement::new("SELECT pg_backend_pid()");
        let rows = self.postgres.read(async move |conn| Ok(conn.rows(ask).await?)).await.unwrap();
        rows[0].0[0].int().unwrap()
    }
}

fn words(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.0[0].text().unwrap().to_owned()).collect()
}

fn run(test: impl AsyncFnOnce(&Lines)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        if let Some(lines) = Lines::open().await {
            test(&lines).await;
            lines.run("DROP TABLE", "").await;
        }
    });
}

#[test]
fn what_is_sent_keeps_its_order_whether_prepared_or_not() {
    run(async |lines| {
        for round in 0..2 {
            // More than may wait, and twice: the second time everything is prepared.
            let numbers = round * 50..(round + 1) * 50;
            let inserts: Vec<Statement> = numbers.map(|number| lines.insert(number)).collect();
            let (longer, table) = (" SET line = line || '.' WHERE line = ", lines.table.clone());
            let write = async move |conn: &Conn<'_>| {
                for insert in &inserts {
                    conn.send(insert.clone()).await?;
                }
                let last = Bind::Text(Some((round * 50 + 49).to_string().into()));
                conn.send(Statement::new(format!("UPDATE {table}{longer}")).bind(last)).await?;
                Ok(())
            };
            lines.postgres.write(None, write).await.unwrap();
        }
        let said = |number: i32| if number % 50 == 49 { format!("{number}.") } else { number.to_string() };
        assert_eq!(lines.all().await, (0..100).map(said).collect::<Vec<_>>());
    });
}

#[test]
fn queries_at_once_see_what_was_sent_before_them() {
    run(async |lines| {
        let (insert, select) = (lines.insert("one"), lines.select());
        let write = async move |conn: &Conn<'_>| {
            conn.send(insert.clone()).await?;
            let select = || conn.rows(select.clone());
            Ok(try_join!(select(), select(), select())?)
        };
        let (first, second, third) = lines.postgres.write(None, write).await.unwrap();
        for seen in [first, second, third] {
            assert_eq!(words(&seen), ["one"]);
        }
    });
}

#[test]
fn what_fails_on_its_way_leaves_nothing_and_a_connection_that_serves() {
    run(async |lines| {
        let backend = lines.backend().await;
        let (once, again) = (lines.insert("one"), lines.insert("one"));
        let twice = async move |conn: &Conn<'_>| {
            conn.send(once.clone()).await?;
            Ok(conn.send(again.clone()).await?)
        };
        let error = lines.postgres.write(None, twice).await.unwrap_err();
        let Error::Database(diesel::result::Error::DatabaseError(kind, _)) = error else {
            panic!("another failure: {error}")
        };
        assert!(matches!(kind, DatabaseErrorKind::UniqueViolation), "{kind:?}");
        let (once, again) = (lines.insert("one"), lines.insert("one"));
        let swallowed = async move |conn: &Conn<'_>| {
            conn.send(once.clone()).await?;
            assert!(conn.execute(again.clone()).await.is_err(), "it is there");
            Ok(())
        };
        assert!(lines.postgres.write(None, swallowed).await.is_err(), "nothing of it is kept");
        let insert = lines.insert("nobody saw whether it went well");
        let unseen = async move |conn: &Conn<'_>| {
            drop(conn.execute(insert.clone()).now_or_never());
            Ok(())
        };
        assert!(lines.postgres.write(None, unseen).await.is_err(), "nor of what was not waited for");
        assert!(lines.all().await.is_empty());
        assert_eq!(lines.backend().await, backend);
    });
}

#[test]
fn nothing_is_written_outside_of_a_transaction() {
    run(async |lines| {
        {
            let lent = lines.postgres.get().await.unwrap();
            let conn = &Conn::postgres(Pipeline::transaction(&lent.conn, "BEGIN nonsense"));
            let with_it = conn.execute(lines.insert("with BEGIN"));
            let (with_it, after_it) = join!(with_it, conn.execute(lines.insert("after it")));
            assert!(with_it.is_err() && after_it.is_err(), "{with_it:?} {after_it:?}");
            let conn = &Conn::postgres(Pipeline::new(&lent.conn));
            assert!(conn.execute(lines.insert("alone")).await.is_err(), "outside of a transaction");
        }
        assert!(lines.all().await.is_empty());
    });
}

#[test]
fn a_transaction_that_is_abandoned_takes_its_connection_with_it() {
    run(async |lines| {
        let backend = lines.backend().await;
        let (slowly, insert) = (Statement::new("SELECT pg_sleep(5)"), lines.insert("half"));
        let write = within(lines.postgres.get().await.unwrap(), WRITE, async |conn| {
            conn.send(insert).await?;
            Ok(conn.execute(slowly).await?)
        });
        assert!(timeout(Duration::from_millis(200), write).await.is_err(), "it was abandoned");
        assert_ne!(lines.backend().await, backend);
        assert!(lines.all().await.is_empty());
    });
}

#[test]
fn no_process_is_started_and_nothing_compiled_for_what_seems_to_be_much() {
    run(async |lines| {
        // What the planner takes for a hundred million rows, as it may take a page for many.
        let much = format!("EXPLAIN SELECT count(*) FROM {}, generate_series(1, 100000000)", lines.table);
        let plan = lines.postgres.read(async move |conn| Ok(conn.rows(Statement::new(much)).await?)).await;
        let plan = words(&plan.unwrap()).join("\n");
        assert!(plan.contains("Aggregate"), "{plan}");
        assert!(!plan.contains("Gather") && !plan.contains("JIT"), "{plan}");
    });
}
