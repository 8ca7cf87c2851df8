//! Somebody who can write to the database and has no master key: rows that say what nobody has signed, links that were
//! never sent, addresses that lead elsewhere. None of it lets them in, and none of it shows them a word.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::sharing::life::{self, body, client, craving, days_ago, pair, scope, share};
use crate::support::client::PASSWORD;
use crate::support::{Answer, Client, Database, Mailbox, Server, both};

both!(
    a_password_of_ones_own_in_an_account_of_another_opens_nothing,
    an_address_that_leads_to_another_account_opens_nothing,
    a_link_that_was_never_sent_opens_nothing,
    a_share_opens_what_was_signed_and_nothing_else,
    an_offer_is_for_the_address_it_was_signed_for,
    a_session_is_its_own_accounts,
);

const NEW: &str = "eleven slow rivers in november";
const WORDS: &str = "the bridge at night";

/// What a request comes to where the database is not as the program left it: refused, and without a word.
#[track_caller]
fn refused(answer: &Answer) {
    assert!([401, 403, 404, 422, 500].contains(&answer.status), "{answer:?}");
    assert!(!String::from_utf8_lossy(&answer.bytes).contains(WORDS), "{answer:?}");
}

fn ask(client: &Client, method: &str, path: &str, body: Option<&Json>) -> Answer {
    let request = client.request(method, path);
    match body {
        Some(body) => request.json(body).try_send().unwrap(),
        None => request.try_send().unwrap(),
    }
}

fn log_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    ask(&server.anybody(), "POST", "/v1/auth/login", Some(&body))
}

fn a_password_of_ones_own_in_an_account_of_another_opens_nothing(server: &Server) {
    let (member, database) = (server.member(), Database(server));
    let thief = server.anybody().post(
        "/v1/auth/register",
        &json!({"email": "thief@example.org", "password": NEW, "time_zone": "UTC"}),
    );
    let theirs = thief.expect(201).json["account"]["id"].as_str().unwrap().to_owned();
    let (own, theirs) = (database.id(member.account_id()), database.id(&theirs));
    // As it is kept, and as argon2 writes it.
    let kept = database.lines("SELECT password_hash AS line FROM accounts");
    assert!(
        kept.iter().all(|hash| !hash.contains("argon2")),
        "whoever steals the database could try passwords: {kept:?}"
    );
    let hash =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
    for source in [
        format!("(SELECT b.password_hash FROM accounts b WHERE b.account_id = {theirs})"),
        format!("'{hash}'"),
    ] {
        database
            .execute(&format!("UPDATE accounts SET password_hash = {source} WHERE account_id = {own}"))
            .unwrap();
        for password in [NEW, PASSWORD] {
            let answer = log_in(server, member.email(), password);
            assert_eq!((answer.status, answer.json["code"].as_str()), (500, Some("internal")), "{answer:?}");
        }
    }
}

fn an_address_that_leads_to_another_account_opens_nothing(server: &Server) {
    let (member, thief, database) = (server.member(), server.member(), Database(server));
    let leads = |from: &Client, to: &Client| {
        let (from, to) = (database.id(from.account_id()), database.id(to.account_id()));
        database
            .execute(&format!("UPDATE email_addresses SET account_id = {to} WHERE account_id = {from}"))
            .unwrap();
    };
    leads(&thief, &member);
    for password in [PASSWORD, "not the right one"] {
        refused(&log_in(server, thief.email(), password));
    }
    // A link to a new password would be sent to the thief, and be the member's.
    server.anybody().post("/v1/auth/password-reset", &json!({"email": thief.email()})).expect(202);
    let from = std::time::Instant::now();
    while !server.log().contains("a mail is given up") {
        assert!(from.elapsed().as_secs() < 15, "{}", server.log());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(Mailbox(server).of(thief.email()).is_empty());
    assert_eq!(database.count("password_resets", "1 = 1"), 0);
    assert!(!server.log().contains("@example.org"));
    let exported = server.run(&["export", "--account", thief.email(), "--output", "-"]);
    assert!(!exported.status.success(), "{exported:?}");
}

fn a_link_that_was_never_sent_opens_nothing(server: &Server) {
    let (member, database) = (server.member(), Database(server));
    let secret = [7; 32];
    let hash = database.bytes(&Sha256::digest(secret));
    let (id, later) = (database.id(member.account_id()), database.far_ahead());
    let columns = "account_id, token_hash, expires_at";
    database
        .execute(&format!("INSERT INTO password_resets ({columns}) VALUES ({id}, {hash}, {later})"))
        .unwrap();
    let account = uuid::Uuid::parse_str(member.account_id()).unwrap();
    let token = URL_SAFE_NO_PAD.encode([account.as_bytes().as_slice(), &secret].concat());
    let choose = json!({"token": token, "new_password": NEW});
    server.anybody().post("/v1/auth/password-reset/confirm", &choose).refused(422, "invalid_link");
    refused(&log_in(server, member.email(), NEW));

    // An account that somebody wishes to have under the address of somebody else.
    let columns = "token_hash, sealed, expires_at";
    database
        .execute(&format!("INSERT INTO registrations ({columns}) VALUES ({hash}, {hash}, {later})"))
        .unwrap();
    let confirm = json!({"token": URL_SAFE_NO_PAD.encode(secret)});
    server.anybody().post("/v1/auth/register/confirm", &confirm).refused(422, "invalid_link");
    server.anybody().log_in(member.email(), PASSWORD);
}

/// Somebody with a craving in words, and a share of the bare minimum with a counselor.
fn narrow(server: &Server) -> (Client, Client, String) {
    let (member, counselor) = pair(server);
    craving(&member, &days_ago(1), 5, &json!({"note": WORDS}));
    let id = share(&member, &counselor, &json!([scope("cravings", "summary")]));
    counselor.get(&client(&id, "cravings")).refused(403, "not_shared");
    (member, counselor, id)
}

fn a_share_opens_what_was_signed_and_nothing_else(server: &Server) {
    let database = Database(server);
    let wider = json!([{"collection": "cravings", "detail": "entries_with_notes", "from": null, "to": null}]);
    let own = life::member(server);
    let thief = server.counselor();
    for what in
        ["a wider scope", "a longer time", "another reader", "scopes of the thief's own", "another role"]
    {
        let (member, counselor, id) = narrow(server);
        let this = format!("share_id = {}", database.id(&id));
        let by = database.id(thief.account_id());
        let set = match what {
            "a wider scope" => format!("scopes = '{wider}'"),
            "a longer time" => format!("expires_at = {}", database.far_ahead()),
            "another reader" => format!("recipient_id = {by}"),
            "another role" => "recipient_role = 'supporter'".to_owned(),
            _ => {
                let mine = share(&own, &thief, &json!([scope("cravings", "entries_with_notes")]));
                let of = format!("FROM shares b WHERE b.share_id = {}", database.id(&mine));
                format!("scopes = (SELECT b.scopes {of}), words = (SELECT b.words {of})")
            }
        };
        database.execute(&format!("UPDATE shares SET {set} WHERE {this}")).unwrap();
        let (share, whose) = (database.id(&id), database.id(member.account_id()));
        let received = "account_id, share_id, member_id";
        database
            .execute(&format!("INSERT INTO received_shares ({received}) VALUES ({by}, {share}, {whose})"))
            .unwrap();
        for reader in [&counselor, &thief] {
            for below in ["cravings", "report.pdf", "brief"] {
                refused(&ask(reader, "GET", &client(&id, below), None));
            }
            let caseload = ask(reader, "GET", "/v1/clients", None);
            assert_eq!(caseload.status, 500, "{what}: {caseload:?}");
        }
        database.execute(&format!("DELETE FROM received_shares WHERE share_id = {share}")).unwrap();
    }
    // One that the counselor has accepted, found by the thief.
    let (member, _, id) = narrow(server);
    let values = [thief.account_id(), &id, member.account_id()].map(|id| database.id(id)).join(", ");
    database
        .execute(&format!("INSERT INTO received_shares (account_id, share_id, member_id) VALUES ({values})"))
        .unwrap();
    ask(&thief, "GET", &client(&id, "cravings"), None).refused(404, "not_found");
    assert!(thief.get("/v1/clients").items().iter().all(|item| item["share_id"] != id));
}

fn an_offer_is_for_the_address_it_was_signed_for(server: &Server) {
    let (member, counselor) = pair(server);
    let (thief, database) = (server.counselor(), Database(server));
    craving(&member, &days_ago(1), 5, &json!({"note": WORDS}));
    let id = life::offer(&member, &counselor, &json!([scope("cravings", "entries_with_notes")]));
    // A share of somebody else with the thief says what the hash of their address is.
    let own = life::member(server);
    let known = own.post("/v1/shares", &body(&thief, &json!([scope("cravings", "entries")])));
    let hash = format!(
        "(SELECT b.email_hash FROM shares b WHERE b.share_id = {})",
        database.id(known.expect(201).id())
    );
    let this = format!("share_id = {}", database.id(&id));
    for table in ["shares", "invitations"] {
        database.execute(&format!("UPDATE {table} SET email_hash = {hash} WHERE {this}")).unwrap();
    }
    assert!(thief.get("/v1/invitations").items().iter().all(|offer| offer["id"] != id));
    life::accept(&thief, &id).refused(404, "not_found");
    thief.get(&client(&id, "cravings")).refused(404, "not_found");
}

fn a_session_is_its_own_accounts(server: &mut Server) {
    let (member, thief) = (server.member(), server.member());
    let database = Database(server);
    let (own, theirs) = (database.id(thief.account_id()), database.id(member.account_id()));
    database
        .execute(&format!(
            "DELETE FROM login_sessions WHERE account_id = {theirs}; \
             UPDATE login_sessions SET account_id = {theirs} WHERE account_id = {own}"
        ))
        .unwrap();
    // Nothing is answered from memory.
    server.restart();
    let thief = thief.at(server.address());
    thief.get("/v1/account").refused(401, "invalid_token");
    let refresh = json!({"refresh_token": thief.refresh_token()});
    server.anybody().post("/v1/auth/refresh", &refresh).refused(401, "invalid_token");
}
