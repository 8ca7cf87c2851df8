//! More than one program at a database: two servers, and the migration of a later version.
//!
//! Two servers on one database, which is what PostgreSQL is for, and on one file, which nobody should do and which
//! is safe all the same: nothing is lost, nothing is there twice, revisions are each used once.

use super::Load;
use crate::support::server::Beside;
use crate::support::{Database, Server, both};

both!(two_servers_do_not_disturb_each_other, the_schema_of_the_next_version_serves_this_one);

fn two_servers_do_not_disturb_each_other(server: &Server) {
    let beside = Beside::start(server);
    let member = server.member();
    let there = member.at(beside.address());
    let (here, other) = (Load::start(&member, 4), Load::start(&there, 4));
    here.goes_on(150);
    other.goes_on(150);
    // Both wrote into one journal: each finds what it wrote, and the other's.
    let mut all = here.stop();
    all.add(other.stop());
    all.check(&member, &[]);
    all.check(&there, &[]);
    // A session that ends in one is over in the other within seconds.
    member.post("/v1/auth/logout", &serde_json::json!({"refresh_token": member.refresh_token()})).expect(204);
    let from = std::time::Instant::now();
    while there.get("/v1/account").status != 401 {
        assert!(from.elapsed() < std::time::Duration::from_secs(7), "it lives on in the other process");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// What a migration may do under a running server: it only adds. The server goes on, and one of this version
/// starts on it again, so that a step back needs no migration.
fn the_schema_of_the_next_version_serves_this_one(server: &mut Server) {
    let member = server.member();
    let load = Load::start(&member, 4);
    load.goes_on(30);
    assert!(server.run(&["migrate"]).status.success());
    load.goes_on(10);
    let database = Database(server);
    for statement in [
        "ALTER TABLE check_ins ADD COLUMN of_the_next_version TEXT",
        "CREATE INDEX of_the_next_version_by_account ON check_ins (account_id, of_the_next_version)",
        "CREATE TABLE of_the_next_version (account_id TEXT NOT NULL PRIMARY KEY, thing TEXT)",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')",
    ] {
        database.execute(statement).unwrap();
        load.goes_on(10);
    }
    load.finish(&member, &[]);
    server.restart();
    let member = member.at(server.address());
    let load = Load::start(&server.member(), 2);
    load.goes_on(10);
    let crowd = load.member();
    load.finish(&crowd, &[]);
    member.get("/v1/account").expect(200);
}
