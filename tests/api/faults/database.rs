//! A PostgreSQL that is restarted, killed, frozen, or has no connection left, in the middle of work: refusals come
//! quickly and say so, the process lives, and all goes on by itself once the database is back.

use std::thread;
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

use super::{Load, PATH, Report, wait_until_ready};
use crate::support::engine::{on_postgres, rounds};
use crate::support::{Client, Cluster, Engine, Server};

const QUICKLY: Duration = Duration::from_secs(3);
const ALLOWED: &[&str] = &["storage_unavailable"];

/// A database of its own, a server on it, and a member.
fn set_up(settings: &[(&str, &str)]) -> Option<(Cluster, Server, Client)> {
    let cluster = Cluster::start(|_| Vec::new())?;
    let server = Server::start(cluster.engine(), settings);
    let member = server.member();
    Some((cluster, server, member))
}

/// What is said while the database does not answer.
fn is_refused_quickly(server: &Server, member: &Client) {
    for path in ["/v1/account", PATH, "/v1/streaks"] {
        let from = Instant::now();
        let answer = member.get(path);
        assert!(answer.refused(503, "storage_unavailable").header("retry-after").is_some(), "{answer:?}");
        assert!(from.elapsed() < QUICKLY, "{path} took {:?}", from.elapsed());
    }
    server.anybody().get("/readyz").expect(503);
    server.anybody().get("/livez").expect(200);
}

fn recovers(load: &Load, server: &Server) {
    wait_until_ready(server);
    load.goes_on(20);
}

#[test]
fn it_is_restarted_in_the_middle_of_work() {
    let Some((cluster, server, member)) = set_up(&[]) else { return };
    let load = Load::start(&member, 4);
    load.goes_on(50);
    cluster.restart();
    recovers(&load, &server);
    was_quick(&load.finish(&member, ALLOWED));
}

#[test]
fn it_is_killed_in_the_middle_of_work() {
    let Some((cluster, server, mut member)) = set_up(&[]) else { return };
    for round in 0..rounds(2) {
        let load = Load::start(&member, 4);
        load.goes_on(30 + 17 * round % 60);
        cluster.kill();
        if round == 0 {
            is_refused_quickly(&server, &member);
        }
        cluster.restart();
        recovers(&load, &server);
        // What earlier rounds wrote is not in this one's notes.
        was_quick(&load.finish(&member, ALLOWED));
        member = server.member();
    }
}

#[test]
fn it_falls_silent_in_the_middle_of_work() {
    let Some((cluster, server, member)) = set_up(&[]) else { return };
    let load = Load::start(&member, 4);
    load.goes_on(50);
    cluster.freeze();
    thread::sleep(Duration::from_secs(1));
    is_refused_quickly(&server, &member);
    thread::sleep(Duration::from_secs(2));
    cluster.thaw();
    recovers(&load, &server);
    was_quick(&load.finish(&member, ALLOWED));
}

#[test]
fn it_has_no_connection_left() {
    let Some((cluster, server, member)) = set_up(&[]) else { return };
    let Engine::Postgres { name, .. } = server.engine() else { return };
    let load = Load::start(&member, 4);
    load.goes_on(50);
    on_postgres(&cluster.url, async |admin| {
        let ours = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        let mut taken = Vec::new();
        // The server's own are ended, and all are taken by others before it has them back.
        while let Ok(conn) = AsyncPgConnection::establish(&cluster.url).await {
            taken.push(conn);
        }
        for _ in 0..20 {
            admin.batch_execute(&ours).await.unwrap();
            while let Ok(conn) = AsyncPgConnection::establish(&cluster.url).await {
                taken.push(conn);
            }
        }
        assert!(taken.len() > 200, "{}", taken.len());
        let from = Instant::now();
        let answer = member.get("/v1/account");
        answer.refused(503, "storage_unavailable");
        assert!(from.elapsed() < QUICKLY, "{:?}", from.elapsed());
    });
    recovers(&load, &server);
    was_quick(&load.finish(&member, ALLOWED));
}

#[track_caller]
fn was_quick(report: &Report) {
    assert!(report.slowest < QUICKLY, "an answer took {:?}; refused: {:?}", report.slowest, report.refusals);
}
