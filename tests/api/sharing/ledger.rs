//! The ledger of disclosures as an operator looks at it: `recovery-journal verify` sees what was touched.

use serde_json::json;

use super::life::{client, craving, days_ago, pair, scope, share};
use crate::support::server::program;
use crate::support::{Database, Server, both};

both!(what_was_touched_is_seen, a_ledger_goes_with_its_account);

/// Runs the command; answers whether all fits, and what it says.
fn verify(server: &Server) -> (bool, String) {
    let mut command = program(server.directory());
    command.env("DATA_DIR", server.directory()).arg("verify");
    if let Some(url) = server.engine().url() {
        command.env("DATABASE_URL", url);
    }
    let done = command.output().unwrap();
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
}

fn what_was_touched_is_seen(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({}));
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    assert_eq!(verify(server), (true, "1 journals with 0 disclosures: whole\n".to_owned()));
    for _ in 0..5 {
        counselor.get(&client(&id, "cravings")).expect(200);
        counselor.get(&client(&id, "check-ins")).refused(403, "not_shared");
    }
    assert_eq!(verify(server), (true, "1 journals with 10 disclosures: whole\n".to_owned()));
    let database = Database(server);
    let table = |verb: &str| database.execute(verb).unwrap();
    table("CREATE TABLE kept AS SELECT * FROM disclosures");
    table("CREATE TABLE kept_heads AS SELECT * FROM disclosure_heads");
    for touched in [
        "UPDATE disclosures SET records = 99 WHERE number = 3",
        "UPDATE disclosures SET outcome = 'allowed' WHERE number = 4",
        "UPDATE disclosures SET number = 11 WHERE number = 10",
        "DELETE FROM disclosures WHERE number = 1",
        "DELETE FROM disclosures WHERE number = 5",
        "DELETE FROM disclosures WHERE number = 10",
        "DELETE FROM disclosures",
        "UPDATE disclosure_heads SET count = 9",
        "UPDATE disclosure_heads SET hash = (SELECT hash FROM disclosures WHERE number = 9), count = 9; \
         DELETE FROM disclosures WHERE number = 10",
        "DELETE FROM disclosure_heads; DELETE FROM disclosures",
    ] {
        table(touched);
        let (fits, said) = verify(server);
        assert!(!fits && said.contains(member.account_id()), "{touched}: {said}");
        table("DELETE FROM disclosures; DELETE FROM disclosure_heads");
        table(
            "INSERT INTO disclosures SELECT * FROM kept; INSERT INTO disclosure_heads SELECT * FROM kept_heads",
        );
        assert!(verify(server).0, "put back after {touched}");
    }
    counselor.get(&client(&id, "cravings")).expect(200);
    assert_eq!(verify(server), (true, "1 journals with 11 disclosures: whole\n".to_owned()));
}

fn a_ledger_goes_with_its_account(server: &Server) {
    let (member, counselor) = pair(server);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    super::life::offer(&member, &server.member(), &json!([scope("cravings", "entries")]));
    counselor.get(&client(&id, "cravings")).expect(200);
    let password = json!({"password": crate::support::client::PASSWORD});
    member.request("DELETE", "/v1/account").json(&password).send().expect(204);
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    assert!(counselor.get("/v1/invitations").items().is_empty());
    let database = Database(server);
    for table in ["shares", "invitations", "received_shares", "disclosures", "disclosure_heads"] {
        assert_eq!(database.count(table, "1 = 1"), 0, "{table}");
    }
    assert_eq!(verify(server), (true, "0 journals with 0 disclosures: whole\n".to_owned()));
}
