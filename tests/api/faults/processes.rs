//! Two servers on one database, which is what PostgreSQL is for, and on one file, which nobody should do and which
//! is safe all the same: nothing is lost, nothing is there twice, revisions are each used once.

use super::Load;
use crate::support::server::Beside;
use crate::support::{Server, both};

both!(two_servers_do_not_disturb_each_other);

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
