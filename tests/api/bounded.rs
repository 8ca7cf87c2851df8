//! Long work starves nobody: with a single thread that answers requests, short ones are answered in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use diesel_async::SimpleAsyncConnection as _;
use serde_json::json;
use uuid::Uuid;

use crate::sharing::life::days_ago;
use crate::support::database::Database;
use crate::support::engine::on_postgres;
use crate::support::{Engine, Server, both};

both!(with [("WORKERS", "1")] => short_requests_are_answered_while_long_journals_are_read);

/// What members of `seed` sign in with.
const PASSWORD: &str = "a lamp in the window at dusk";
/// Long answers asked for at once.
const LONG: usize = 6;

fn short_requests_are_answered_while_long_journals_are_read(server: &Server) {
    let seeded = server.run(&["seed", "--members", "1", "--days", "700"]);
    assert!(seeded.status.success(), "{seeded:?}");
    let old = server.anybody().log_in("member-1@example.org", PASSWORD);
    let new = server.member();
    let (waiting, between) = (AtomicUsize::new(LONG), AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..LONG {
            let (old, waiting) = (&old, &waiting);
            // Each another question, so that none is answered from what was made for another.
            let path =
                format!("/v1/trends?bucket=day&from={}", days_ago(690 - i64::try_from(number).unwrap()));
            scope.spawn(move || {
                old.get(&path).expect(200);
                waiting.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while waiting.load(Ordering::SeqCst) > 1 {
            new.get("/v1/check-ins?limit=1").expect(200);
            between.fetch_add(1, Ordering::SeqCst);
        }
    });
    // One after the other on one thread, as many would be answered as there are long ones, or a few more.
    let between = between.into_inner();
    assert!(between > 5 * LONG, "only {between} short answers beside {LONG} long ones");
}

/// Whatever writes to a journal waits for whoever does so already, and must not take all connections for that.
#[test]
fn a_journal_that_many_write_to_leaves_connections_to_others() {
    let Some(engine) = Engine::postgres() else { return };
    let url = engine.url().unwrap();
    let server = Server::start(engine, &[("DATABASE_POOL_SIZE", "3")]);
    let (busy, other) = (server.member(), server.member());
    let day = |day: i64| json!({"local_date": days_ago(day), "mood": 3});
    let kept: Vec<String> = (0..4).map(|n| busy.post("/v1/check-ins", &day(n)).id().to_owned()).collect();
    let item = |id: &str| format!("/v1/check-ins/{id}");
    let export = server.member().get("/v1/export.json").json.clone();
    let push = json!({"changes": [{"collection": "check_ins", "id": Uuid::new_v4(), "doc": day(5)}]});
    let waiting = || {
        Database(&server)
            .count("pg_stat_activity", "datname = current_database() AND wait_event_type = 'Lock'")
    };
    let hold =
        format!("BEGIN; UPDATE journals SET revision = revision WHERE account_id = '{}'", busy.account_id());
    let (held, is_held) = mpsc::channel();
    let (enough, is_enough) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let enough = enough;
        // Somebody else, such as another process of ours in the middle of a long import, has the journal.
        scope.spawn(move || {
            on_postgres(&url, async |conn| {
                conn.batch_execute(&hold).await.unwrap();
                held.send(()).unwrap();
                // Ends also when what is below fails.
                let _ended = is_enough.recv();
                conn.batch_execute("COMMIT").await.unwrap();
            });
        });
        is_held.recv().unwrap();
        for _ in 0..2 {
            scope.spawn(|| busy.post("/v1/check-ins", &day(6)).expect(201).status);
            scope.spawn(|| busy.put(&item(&Uuid::new_v4().to_string()), &day(7)).expect(201).status);
        }
        scope.spawn(|| busy.put(&item(&kept[0]), &day(8)).expect(200).status);
        scope.spawn(|| busy.patch(&item(&kept[1]), &json!({"mood": 5})).expect(200).status);
        scope.spawn(|| busy.delete(&item(&kept[2])).expect(204).status);
        scope.spawn(|| busy.post("/v1/sync/changes", &push).expect(200).status);
        scope.spawn(|| busy.post("/v1/import", &export).expect(200).status);
        while waiting() == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        for n in 0..20 {
            other.post("/v1/check-ins", &day(n)).expect(201);
            other.get("/v1/check-ins?limit=1").expect(200);
            busy.get("/v1/check-ins?limit=1").expect(200);
        }
        assert_eq!(waiting(), 1, "the others wait without a connection");
        drop(enough);
    });
    assert_eq!(busy.get("/v1/check-ins").items().len(), 8, "what waited is written");
}
