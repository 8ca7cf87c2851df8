//! Nobody starves the others: not by long work, with a single thread that answers requests, and not by asking for much
//! that waits for each other, with few connections to PostgreSQL.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection as _;
use serde_json::json;
use uuid::Uuid;

use crate::sharing::life::{client, days_ago, scope, share};
use crate::support::database::Database;
use crate::support::engine::on_postgres;
use crate::support::{Answer, Engine, Server, both};

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

/// Something to ask for.
type Ask<'a> = Box<dyn Fn() -> Answer + Send + 'a>;

/// Somebody else, such as another process of ours in the middle of a long import, has a row that this needs: whatever
/// `busy` asks for waits, with one connection, and `meanwhile` something else is done.
fn while_it_is_held<'a>(server: &'a Server, row: &str, busy: Vec<Ask<'a>>, meanwhile: impl FnOnce()) {
    let url = server.engine().url().unwrap();
    let condition = "datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = || Database(server).count("pg_stat_activity", condition);
    let hold = format!("BEGIN; UPDATE {row}");
    let (held, is_held) = mpsc::channel();
    let (enough, is_enough) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let enough = enough;
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
        for ask in busy {
            scope.spawn(move || assert!(ask().status < 300));
        }
        let from = Instant::now();
        while waiting() == 0 {
            assert!(from.elapsed() < Duration::from_secs(30), "nothing waits");
            thread::sleep(Duration::from_millis(5));
        }
        meanwhile();
        assert_eq!(waiting(), 1, "the others wait without a connection");
        drop(enough);
    });
}

/// Another member's requests are answered meanwhile.
fn others_are_answered(server: &Server) -> impl FnOnce() {
    let other = server.member();
    move || {
        for day in 0..20 {
            other.post("/v1/check-ins", &json!({"local_date": days_ago(day)})).expect(201);
            other.get("/v1/check-ins?limit=1").expect(200);
        }
    }
}

fn with_few_connections() -> Option<Server> {
    Some(Server::start(Engine::postgres()?, &[("DATABASE_POOL_SIZE", "3")]))
}

#[test]
fn a_journal_that_much_is_written_to_leaves_connections_to_others() {
    let Some(server) = with_few_connections() else { return };
    let member = &server.member();
    let day = |day: i64| json!({"local_date": days_ago(day), "mood": 3});
    let kept = [0, 1, 2].map(|n| format!("/v1/check-ins/{}", member.post("/v1/check-ins", &day(n)).id()));
    let new = format!("/v1/check-ins/{}", Uuid::new_v4());
    let push = json!({"changes": [{"collection": "check_ins", "id": Uuid::new_v4(), "doc": day(5)}]});
    let export = server.member().get("/v1/export.json").json.clone();
    let row = format!("journals SET revision = revision WHERE account_id = '{}'", member.account_id());
    let (kept, day) = (&kept, &day);
    let busy: Vec<Ask<'_>> = vec![
        Box::new(|| member.post("/v1/check-ins", &day(6))),
        Box::new(|| member.put(&new, &day(7))),
        Box::new(|| member.put(&kept[0], &day(8))),
        Box::new(|| member.patch(&kept[1], &json!({"mood": 5}))),
        Box::new(|| member.delete(&kept[2])),
        Box::new(|| member.post("/v1/sync/changes", &push)),
        Box::new(|| member.post("/v1/import", &export)),
    ];
    while_it_is_held(&server, &row, busy, others_are_answered(&server));
    assert_eq!(member.get("/v1/check-ins").items().len(), 5, "what waited is written");
}

#[test]
fn a_counselor_who_looks_often_leaves_connections_to_others() {
    let Some(server) = with_few_connections() else { return };
    let (member, counselor) = (&server.member(), &server.counselor());
    let id = share(member, counselor, &json!([scope("check_ins", "entries")]));
    let list = &client(&id, "check-ins");
    let row = head_of(member.account_id());
    let looks = ["/v1/clients", list].repeat(4).into_iter();
    let busy = looks.map(|path| -> Ask<'_> { Box::new(move || counselor.get(path)) }).collect();
    while_it_is_held(&server, &row, busy, others_are_answered(&server));
}

/// Whoever discloses from several journals takes them in one order: of two who want the same, neither then has what the
/// other waits for.
#[test]
fn a_look_at_a_caseload_has_nothing_while_it_waits_for_the_first_of_its_clients() {
    let Some(server) = with_few_connections() else { return };
    let counselor = &server.counselor();
    let mut clients: Vec<String> = Vec::new();
    for _ in 0..5 {
        let member = server.member();
        share(&member, counselor, &json!([scope("check_ins", "summary")]));
        clients.push(member.account_id().to_owned());
    }
    let first = clients.iter().min().unwrap();
    // In the table it is the last: in no order but that of their ids would it come first.
    Database(&server).execute(&format!("UPDATE {}", head_of(first))).unwrap();
    let busy: Vec<Ask<'_>> = vec![Box::new(|| counselor.get("/v1/clients"))];
    while_it_is_held(&server, &head_of(first), busy, || {
        let others = format!("SELECT FROM disclosure_heads WHERE account_id <> '{first}' FOR UPDATE NOWAIT");
        Database(&server).execute(&others).unwrap();
    });
}

fn head_of(account: &str) -> String {
    format!("disclosure_heads SET count = count WHERE account_id = '{account}'")
}
