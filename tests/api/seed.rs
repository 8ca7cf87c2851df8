//! `recovery-journal seed`: members by the thousand, whose journals are as good as any.

use std::collections::HashSet;

use serde_json::json;

use crate::support::{Server, both, collections};

both!(seeded_members_have_whole_journals);

/// What all of them sign in with.
const PASSWORD: &str = "a lamp in the window at dusk";

fn seeded_members_have_whole_journals(server: &Server) {
    let seeded = server.run(&["seed", "--members", "2", "--first", "7", "--days", "60"]);
    assert!(seeded.status.success(), "{seeded:?}");
    for number in [7, 8] {
        let member = server.anybody().log_in(&format!("member-{number}@example.org"), PASSWORD);
        let mut revisions = HashSet::new();
        for collection in collections::all() {
            let path = collection.path;
            let page = member.get(&format!("{path}?limit=200"));
            for record in page.expect(200).items() {
                assert!(revisions.insert(record["revision"].as_i64().unwrap()), "{path}: a revision twice");
            }
        }
        // A journal begins with 1; each record took the next one.
        let expected: HashSet<i64> = (2..).take(revisions.len()).collect();
        assert!(revisions.len() > 60 && revisions == expected, "{revisions:?}");
        let written = member.post("/v1/check-ins", &json!({"local_date": "2026-11-02"}));
        assert_eq!(written.expect(201).json["revision"], revisions.len() + 2, "and goes on from there");
    }
    let nobody = json!({"email": "member-6@example.org", "password": PASSWORD});
    server.anybody().post("/v1/auth/login", &nobody).refused(401, "invalid_credentials");
}
