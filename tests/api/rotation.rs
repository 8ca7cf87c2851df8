//! `recovery-journal rotate-key`: another master key while people go on.

use std::fs;

use serde_json::json;

use crate::sharing::life::{scope, share};
use crate::support::client::PASSWORD;
use crate::support::server::program;
use crate::support::{Database, Server, both};

both!(people_go_on_while_the_key_changes, steps_out_of_order_are_refused);

/// Runs a step; answers what it says.
#[track_caller]
fn step(server: &Server, arguments: &[&str]) -> String {
    let output = server.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn people_go_on_while_the_key_changes(server: &mut Server) {
    let (member, counselor) = (server.member(), server.counselor());
    let note =
        member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "note": "the river was high"}));
    let path = format!("/v1/check-ins/{}", note.expect(201).id());
    let shared = share(&member, &counselor, &json!([scope("check_ins", "entries_with_notes")]));
    let read = format!("/v1/clients/{shared}/check-ins");
    counselor.get(&read).expect(200);
    let key = server.directory().join("master.key");
    let before = server.directory().join("before.key");
    fs::copy(&key, &before).unwrap();

    assert!(step(server, &["rotate-key"]).contains("start every server anew"));
    assert_ne!(
        fs::read_to_string(&key).unwrap().lines().next(),
        fs::read_to_string(&before).unwrap().lines().next()
    );
    // A server that does not know of it goes on.
    member.get(&path).expect(200);
    let late = server.member();

    server.restart();
    let (member, counselor, late) =
        (member.at(server.address()), counselor.at(server.address()), late.at(server.address()));
    // Nobody's token was lost: neither kind.
    assert_eq!(member.get(&path).expect(200).json["note"], "the river was high");
    counselor.get(&read).expect(200);
    let refresh = json!({"refresh_token": member.refresh_token()});
    let refreshed =
        member.signed_in(server.anybody().post("/v1/auth/refresh", &refresh).expect(200).json.clone());
    let kid = |token: &Option<String>| token.as_ref().unwrap().split('.').next().unwrap().to_owned();
    assert_ne!(kid(&member.token), kid(&refreshed.token), "new tokens are signed with the new key");
    let fresh = server.member();
    let unfinished = server.run(&["rotate-key", "--finish"]);
    assert!(
        !unfinished.status.success() && String::from_utf8_lossy(&unfinished.stderr).contains("3 data keys")
    );

    assert!(
        step(server, &["rotate-key"]).starts_with("3 data keys were put under the new master key; all 4 are")
    );
    assert!(step(server, &["rotate-key"]).starts_with("0 data keys"), "it may be run again");
    member.get(&path).expect(200);
    step(server, &["rotate-key", "--finish"]);
    server.restart();
    let refreshed = refreshed.at(server.address());
    assert_eq!(refreshed.get(&path).expect(200).json["note"], "the river was high");
    fresh.at(server.address()).get("/v1/account").expect(200);
    // What only the old key had signed or marked is over, and people sign in as ever.
    member.at(server.address()).get(&path).refused(401, "invalid_token");
    let stale = json!({"refresh_token": late.refresh_token()});
    server.anybody().post("/v1/auth/refresh", &stale).refused(401, "invalid_token");
    let again = server.anybody().log_in(late.email(), PASSWORD);
    again.get("/v1/account").expect(200);
    let counselor = server.anybody().log_in(counselor.email(), PASSWORD);
    counselor.get(&read).expect(200);
    assert!(step(server, &["verify"]).contains("whole"), "disclosures before and after are one chain");
    let body = json!({"email": member.email().to_uppercase(), "password": PASSWORD, "time_zone": "UTC"});
    server.anybody().post("/v1/auth/register", &body).refused(409, "email_taken");

    // The old key opens nothing any more.
    let mut export = program(server.directory());
    let url = server.engine().url();
    export.env("DATA_DIR", server.directory()).env("MASTER_KEY_FILE", &before);
    export.envs(url.map(|url| ("DATABASE_URL", url)));
    let output =
        export.args(["export", "--account", member.email(), "--output", "stolen.json"]).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(Database(server).count("data_keys", "1 = 1"), 4);
}

fn steps_out_of_order_are_refused(server: &mut Server) {
    let key = server.directory().join("master.key");
    let before = fs::read_to_string(&key).unwrap();
    let refused = server.run(&["rotate-key", "--finish"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no old key"), "{refused:?}");
    assert_eq!(fs::read_to_string(&key).unwrap(), before);
    fs::write(&key, format!("{before}old xyz\n")).unwrap();
    assert!(!server.run(&["rotate-key"]).status.success());
    fs::remove_file(&key).unwrap();
    let refused = server.run(&["rotate-key"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no master key"), "{refused:?}");
    assert!(!key.exists(), "none is made by the way");
}
