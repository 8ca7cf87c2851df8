//! A real streaming replica: it takes the reads, and nobody ever sees an older journal for it, be it behind, dead or
//! there again.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::sharing::life::{self, days_ago};
use crate::support::{Client, Cluster, Engine, Server};

/// A server with a replica behind it. The server goes first.
struct Copied {
    server: Server,
    metrics: String,
    replica: Cluster,
    primary: Cluster,
}

/// What the statements are that read cravings.
const READS: &str = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
     WHERE d.datname = current_database() AND query LIKE '%FROM cravings%' AND query NOT LIKE 'WITH%'";

impl Copied {
    fn start() -> Option<Self> {
        let primary = Cluster::start(|_| Vec::new())?;
        let replica = primary.replica();
        let engine = Engine::on(primary.url.clone());
        let read = replica.database(engine.name().unwrap());
        // A port that was free a moment ago.
        let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let server = Server::start(engine, &[("DATABASE_READ_URL", &read), ("METRICS_ADDRESS", &metrics)]);
        Some(Self { server, metrics, replica, primary })
    }

    fn database(&self) -> &str {
        self.server.engine().name().unwrap()
    }

    /// How many reads came to this.
    fn counted(&self, outcome: &str) -> u64 {
        let scraped = ureq::get(format!("http://{}/metrics", self.metrics)).call();
        let scraped = scraped.unwrap().body_mut().read_to_string().unwrap();
        let line = format!("replica_reads_total{{outcome=\"{outcome}\"}} ");
        scraped.lines().find_map(|text| text.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
    }

    /// Waits until the replica has what the primary has.
    fn catch_up(&self) {
        let journals = "SELECT sum(revision) FROM journals";
        let wanted = self.primary.number(self.database(), journals);
        let from = Instant::now();
        while self.replica.number(self.database(), journals) != wanted {
            assert!(from.elapsed() < Duration::from_secs(10), "the replica does not follow");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Writes the next craving of a day, and sees it at once in a list, a figure, a pull and an export.
fn write_and_read(member: &Client, count: usize) {
    let today = days_ago(0);
    life::craving(member, &today, 5, &json!({}));
    assert_eq!(member.get("/v1/cravings?limit=200").expect(200).items().len(), count);
    let trends = member.get(&format!("/v1/trends?from={today}&to={today}"));
    assert_eq!(trends.expect(200).json["cravings"]["n"], count);
    let pulled = member.get("/v1/sync/changes?since=0&limit=1000&collections=cravings");
    assert_eq!(pulled.expect(200).json["changes"].as_array().unwrap().len(), count);
    let exported = member.get("/v1/export.json");
    assert_eq!(exported.expect(200).json["collections"]["cravings"].as_array().unwrap().len(), count);
}

#[test]
fn nobody_reads_an_older_journal_from_a_replica() {
    let Some(mut copied) = Copied::start() else { return };
    let member = life::member(&copied.server);
    for count in 1..=10 {
        write_and_read(&member, count);
    }

    // What has arrived is read there and nowhere else.
    copied.primary.execute(copied.database(), "CREATE EXTENSION pg_stat_statements");
    copied.catch_up();
    let before = (copied.counted("answered"), copied.primary.number(copied.database(), READS));
    let there = copied.replica.number(copied.database(), READS);
    for limit in 1..=20 {
        assert_eq!(
            member.get(&format!("/v1/cravings?limit={limit}")).expect(200).items().len(),
            limit.min(10)
        );
    }
    assert_eq!(copied.counted("answered") - before.0, 20);
    assert_eq!(copied.primary.number(copied.database(), READS), before.1, "the primary was asked for lists");
    assert!(copied.replica.number(copied.database(), READS) >= there + 20);

    // It stands still: whatever it lacks comes from the primary.
    copied.replica.execute(copied.database(), "SELECT pg_wal_replay_pause()");
    let behind = copied.counted("behind");
    for count in 11..=15 {
        write_and_read(&member, count);
    }
    assert!(copied.counted("behind") >= behind + 20);
    // Who has written nothing since is still served there.
    let answered = copied.counted("answered");
    let other = copied.server.member();
    other.get("/v1/cravings").expect(200);
    assert_eq!(copied.counted("answered"), answered, "it has never heard of that journal");
    copied.replica.execute(copied.database(), "SELECT pg_wal_replay_resume()");
    copied.catch_up();
    other.get("/v1/cravings?limit=7").expect(200);
    assert_eq!(copied.counted("answered"), answered + 1);

    // It dies: nobody notices.
    copied.replica.stop();
    for count in 16..=18 {
        let from = Instant::now();
        write_and_read(&member, count);
        assert!(from.elapsed() < Duration::from_secs(3), "{:?}", from.elapsed());
    }
    assert!(copied.counted("failed") >= 12);
}

#[test]
fn a_server_starts_without_its_replica() {
    let Some(primary) = Cluster::start(|_| Vec::new()) else { return };
    let read = ("DATABASE_READ_URL", "postgres://postgres@127.0.0.1:1/nowhere");
    let server = Server::start(Engine::on(primary.url.clone()), &[read]);
    let member = life::member(&server);
    write_and_read(&member, 1);
    write_and_read(&member, 2);
    assert_eq!(server.log().matches("the replica failed").count(), 1, "{}", server.log());
}
