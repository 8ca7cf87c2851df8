//! The ledger of disclosures as an operator looks at it: `recovery-journal verify` sees what was touched.

use serde_json::json;

use super::life::{client, craving, days_ago, pair, scope, share};
use crate::support::{Database, Server, both};

both!(
    what_was_touched_is_seen,
    what_was_shown_outlives_its_account_without_a_name,
    whoever_is_refused_makes_no_ledger_long,
);

/// Whether all fits, and what is said of it.
fn verify(server: &Server) -> (bool, String) {
    run(server, &["verify"])
}

/// Runs a command; answers whether it did what it was asked, and what it says.
fn run(server: &Server, arguments: &[&str]) -> (bool, String) {
    let done = server.run(arguments);
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
}

fn what_was_touched_is_seen(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({}));
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    assert_eq!(verify(server), (true, "1 journals with 0 disclosures: whole\n".to_owned()));
    for kind in ["check-ins", "triggers", "meetings", "lapses", "goals"] {
        counselor.get(&client(&id, "cravings")).expect(200);
        counselor.get(&client(&id, kind)).refused(403, "not_shared");
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

fn what_was_shown_outlives_its_account_without_a_name(server: &Server) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({"note": "the bridge at night"}));
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    super::life::offer(&member, &server.member(), &json!([scope("cravings", "entries")]));
    counselor.get(&client(&id, "cravings")).expect(200);
    counselor.get(&client(&id, "cravings")).expect(200);
    counselor.get(&client(&id, "check-ins")).refused(403, "not_shared");
    let account = member.account_id().to_owned();
    assert!(!run(server, &["disclosures", &account]).0, "nothing is kept of who is here");
    let password = json!({"password": crate::support::client::PASSWORD});
    member.request("DELETE", "/v1/account").json(&password).send().expect(204);
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    assert!(counselor.get("/v1/invitations").items().is_empty());
    assert!(counselor.get("/v1/clients").items().is_empty());
    let database = Database(server);
    for table in ["shares", "invitations", "received_shares", "disclosures", "disclosure_heads"] {
        assert_eq!(database.count(table, "1 = 1"), 0, "{table}");
    }
    assert_eq!(verify(server), (true, "0 journals with 0 disclosures: whole\n".to_owned()));
    let today = days_ago(0);
    let by = counselor.account_id();
    let expected = format!(
        "erased on {today}\non,recipient,collection,detail,outcome,times,records\n\
         {today},{by},check_ins,entries,denied,1,0\n{today},{by},cravings,entries,allowed,2,2\n"
    );
    assert_eq!(run(server, &["disclosures", &account]), (true, expected));
    assert!(!run(server, &["disclosures", by]).0, "nor of anybody else");

    // Another who was never read leaves nothing, and what is older than six years goes with the next who leaves.
    let old = if database.is_sqlite() { "erased_on - 2197" } else { "erased_on - interval '2197 days'" };
    database.execute(&format!("UPDATE erased_ledgers SET erased_on = {old}")).unwrap();
    assert!(!run(server, &["disclosures", &account]).0, "kept no longer than promised");
    server.member().request("DELETE", "/v1/account").json(&password).send().expect(204);
    assert_eq!(database.count("erased_ledgers", "1 = 1"), 0);
}

fn whoever_is_refused_makes_no_ledger_long(server: &Server) {
    let (member, counselor) = pair(server);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let other = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let denied = || {
        let list = member.get("/v1/disclosures");
        list.items().iter().filter(|line| line["outcome"] == "denied").count()
    };
    for _ in 0..3 {
        counselor.get(&client(&id, "check-ins")).refused(403, "not_shared");
        counselor.get(&client(&id, "check-ins?limit=1")).refused(403, "not_shared");
    }
    assert_eq!(denied(), 1);
    counselor.get(&client(&id, "triggers")).refused(403, "not_shared");
    counselor.get(&client(&other, "triggers")).refused(403, "not_shared");
    assert_eq!(denied(), 3, "another kind, and another share");
    member.delete(&format!("/v1/shares/{id}")).expect(204);
    for _ in 0..20 {
        counselor.get(&client(&id, "cravings")).refused(404, "not_found");
        counselor.get(&client(&id, "check-ins")).refused(404, "not_found");
    }
    assert_eq!(denied(), 4);
    // What is shown is written down each time.
    for _ in 0..3 {
        counselor.get(&client(&other, "cravings")).expect(200);
    }
    assert_eq!(verify(server), (true, "1 journals with 7 disclosures: whole\n".to_owned()));
    // And on another day, so is a denial.
    let database = Database(server);
    let back = if database.is_sqlite() { "at - 86400000000" } else { "at - interval '1 day'" };
    database.execute(&format!("UPDATE disclosures SET at = {back}")).unwrap();
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    assert_eq!(denied(), 5);
}
