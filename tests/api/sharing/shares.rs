//! Shares themselves: what they say, who may accept them, how they end.

use serde_json::json;

use super::life::{accept, body, client, in_seconds, offer, pair, scope, share};
use crate::support::{Database, Server, both};

both!(
    a_share_carries_its_consent,
    every_mistake_is_named,
    an_invitation_waits_for_its_account,
    only_whom_it_was_offered_to_accepts,
    a_share_is_declined_or_given_back,
    a_share_ends_by_itself,
    a_share_ends_with_its_recipient,
    a_repeated_request_makes_one_share,
    names_are_sealed,
    shares_of_one_account_are_bounded,
);

fn a_share_carries_its_consent(server: &Server) {
    let (member, counselor) = pair(server);
    member.patch("/v1/account", &json!({"display_name": "Ann"})).expect(200);
    let scopes = json!([
        {"collection": "cravings", "detail": "entries", "from": "2026-01-01"},
        {"collection": "clocks", "detail": "summary", "from": "2026-01-01"},
    ]);
    let mut asked = body(&counselor, &scopes);
    asked["recipient_organization"] = json!("Riverside");
    let made = member.post("/v1/shares", &asked);
    let share = &made.expect(201).json;
    assert_eq!(made.header("location"), Some(format!("/v1/shares/{}", made.id()).as_str()));
    assert_eq!(share["status"], "pending");
    assert_eq!(share["recipient"]["organization"], "Riverside");
    assert_eq!(share["scopes"][0]["from"], "2026-01-01");
    assert_eq!(share["scopes"][1]["from"], json!(null), "clocks have no date: they are shared whole");
    let text = share["consent"]["text"].as_str().unwrap();
    for part in [
        "Ann",
        counselor.email(),
        "Riverside",
        "cravings: entries",
        "from 2026-01-01 on",
        "Counseling",
        "revoke",
        "Ann Example",
        made.id(),
        "clocks: figures",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(share["consent"]["signed_name"], "Ann Example");
    assert_eq!(share["consent"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(member.get(&format!("/v1/shares/{}", made.id())).expect(200).json, *share);
    assert_eq!(member.get("/v1/shares").items(), std::slice::from_ref(share));
    server.member().get(&format!("/v1/shares/{}", made.id())).refused(404, "not_found");
    server.member().delete(&format!("/v1/shares/{}", made.id())).refused(404, "not_found");
    assert!(server.member().get("/v1/shares").items().is_empty());
}

fn every_mistake_is_named(server: &Server) {
    let (member, counselor) = pair(server);
    let nothing = member.post("/v1/shares", &json!({"extra": 1}));
    let expected = ["/expires_at", "/extra", "/recipient_email", "/scopes", "/signature_name"];
    assert_eq!(nothing.refused(422, "validation_failed").pointers(), expected);
    let mut bad = body(&counselor, &json!([scope("diary", "entries"), scope("cravings", "all")]));
    bad["expires_at"] = json!(in_seconds(-1));
    bad["recipient_email"] = json!(member.email().to_uppercase());
    let expected = ["/expires_at", "/recipient_email", "/scopes/0/collection", "/scopes/1/detail"];
    assert_eq!(member.post("/v1/shares", &bad).refused(422, "validation_failed").pointers(), expected);
    let mut supporter =
        body(&counselor, &json!([scope("milestones", "summary"), scope("streaks", "summary")]));
    supporter["recipient_role"] = json!("supporter");
    let refused = member.post("/v1/shares", &supporter);
    assert_eq!(refused.refused(422, "validation_failed").pointers(), ["/scopes/1/collection"]);
    assert!(member.get("/v1/shares").items().is_empty());
}

fn an_invitation_waits_for_its_account(server: &Server) {
    let member = server.member();
    let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
    let mut asked = body(&member, &json!([scope("cravings", "entries")]));
    asked["recipient_email"] = json!(email.to_uppercase());
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    let counselor = server.anybody().register(&email, "counselor");
    let invitations = counselor.get("/v1/invitations");
    let [invitation] = invitations.items() else { panic!("{invitations:?}") };
    assert_eq!(invitation["id"], json!(id));
    assert_eq!(invitation["status"], "pending");
    assert_eq!(invitation["name"], member.email());
    assert!(invitation["consent"]["text"].as_str().unwrap().contains("cravings"));
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    let accepted = accept(&counselor, &id);
    assert_eq!(accepted.expect(200).json["status"], "active");
    assert_eq!(accept(&counselor, &id).expect(200).json, accepted.json, "again");
    counselor.get(&client(&id, "cravings")).expect(200);
    let share = member.get(&format!("/v1/shares/{id}"));
    assert_eq!(share.json["status"], "active");
    assert!(share.json["accepted_at"].is_string());
    assert_eq!(counselor.get("/v1/invitations").items().len(), 1, "it is in force");
}

fn only_whom_it_was_offered_to_accepts(server: &Server) {
    let (member, counselor) = pair(server);
    let id = offer(&member, &counselor, &json!([scope("cravings", "entries")]));
    for other in [server.counselor(), server.member(), member.clone()] {
        accept(&other, &id).refused(404, "not_found");
        other.request("POST", &format!("/v1/invitations/{id}/decline")).send().refused(404, "not_found");
        assert!(other.get("/v1/invitations").items().is_empty());
    }
    let friend = server.member();
    let id = offer(&member, &friend, &json!([scope("cravings", "entries")]));
    accept(&friend, &id).refused(403, "wrong_role");
    assert_eq!(member.get(&format!("/v1/shares/{id}")).json["status"], "pending");
}

fn a_share_is_declined_or_given_back(server: &Server) {
    let (member, counselor) = pair(server);
    let decline = |id: &str| counselor.request("POST", &format!("/v1/invitations/{id}/decline")).send();
    let id = offer(&member, &counselor, &json!([scope("cravings", "entries")]));
    decline(&id).expect(204);
    assert_eq!(member.get(&format!("/v1/shares/{id}")).json["status"], "declined");
    accept(&counselor, &id).refused(404, "not_found");
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    decline(&id).expect(204);
    decline(&id).expect(204);
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    member.delete(&format!("/v1/shares/{id}")).expect(204);
    member.delete(&format!("/v1/shares/{id}")).expect(204);
    let revoked = member.get(&format!("/v1/shares/{id}"));
    assert_eq!(revoked.json["status"], "revoked");
    assert!(revoked.json["revoked_at"].is_string());
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    assert!(counselor.get("/v1/invitations").items().is_empty());
}

fn a_share_ends_with_its_recipient(server: &Server) {
    let (member, counselor) = pair(server);
    let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
    let password = json!({"password": crate::support::client::PASSWORD});
    counselor.request("DELETE", "/v1/account").json(&password).send().expect(204);
    assert_eq!(member.get(&format!("/v1/shares/{id}")).json["status"], "declined");
    let next = server.anybody().register(counselor.email(), "counselor");
    assert!(next.get("/v1/invitations").items().is_empty(), "the address has another owner now");
    accept(&next, &id).refused(404, "not_found");
    next.get(&client(&id, "cravings")).refused(404, "not_found");
}

fn a_share_ends_by_itself(server: &Server) {
    let (member, counselor) = pair(server);
    let mut asked = body(&counselor, &json!([scope("cravings", "entries")]));
    asked["expires_at"] = json!(in_seconds(2));
    let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
    accept(&counselor, &id).expect(200);
    counselor.get(&client(&id, "cravings")).expect(200);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    counselor.get(&client(&id, "cravings")).refused(404, "not_found");
    assert_eq!(member.get(&format!("/v1/shares/{id}")).json["status"], "expired");
    accept(&counselor, &id).refused(404, "not_found");
    assert!(counselor.get("/v1/invitations").items().is_empty());
}

fn a_repeated_request_makes_one_share(server: &Server) {
    let (member, counselor) = pair(server);
    let asked = body(&counselor, &json!([scope("cravings", "entries")]));
    let send = |body: &serde_json::Value, key: &str| {
        member.request("POST", "/v1/shares").header("Idempotency-Key", key).json(body).send()
    };
    let first = send(&asked, "one");
    let again = send(&asked, "one");
    assert_eq!(first.expect(201).json, again.expect(201).json);
    assert_eq!(first.header("location"), again.header("location"));
    let mut other = asked.clone();
    other["purpose"] = json!("Something else");
    send(&other, "one").refused(422, "idempotency_key_reused");
    send(&other, "two").expect(201);
    send(&other, "").refused(400, "invalid_header");
    send(&json!({}), "three").refused(422, "validation_failed");
    send(&asked, "three").expect(201);
    assert_eq!(member.get("/v1/shares").items().len(), 3);
    let racing: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| send(&asked, "race"))).collect();
        tries.into_iter().map(|one| one.join().unwrap().expect(201).id().to_owned()).collect()
    });
    assert!(racing.iter().all(|id| *id == racing[0]), "{racing:?}");
    assert_eq!(member.get("/v1/shares").items().len(), 4);
    let another = server.member();
    let theirs = another.request("POST", "/v1/shares").header("Idempotency-Key", "one").json(&asked).send();
    assert_ne!(theirs.expect(201).id(), first.id(), "a key is an account's own");
}

fn names_are_sealed(server: &Server) {
    let (member, counselor) = pair(server);
    let mut asked = body(&counselor, &json!([scope("cravings", "entries")]));
    asked["recipient_organization"] = json!("Canary House");
    asked["purpose"] = json!("Canary purpose");
    asked["signature_name"] = json!("Canary Signature");
    asked["question"] = json!("Canary question");
    let sent =
        member.request("POST", "/v1/shares").header("Idempotency-Key", "canary key").json(&asked).send();
    accept(&counselor, sent.expect(201).id()).expect(200);
    counselor.get(&client(sent.id(), "cravings")).expect(200);
    let database = crate::support::Database(server);
    for table in database.tables() {
        // As hexadecimal digits: sealed columns are no text.
        let all = if database.is_sqlite() {
            let columns = database.lines(&format!("SELECT name AS line FROM pragma_table_info('{table}')"));
            let columns: Vec<String> =
                columns.iter().map(|c| format!("hex(coalesce(\"{c}\", ''))")).collect();
            database.lines(&format!("SELECT {} AS line FROM {table}", columns.join(" || ' ' || ")))
        } else {
            let bytes = "encode(convert_to(t::text, 'UTF8'), 'hex') || ' ' || t::text";
            database.lines(&format!("SELECT {bytes} AS line FROM {table} t"))
        };
        let hex = |text: &str| {
            let digit = |half: u8| char::from_digit(half.into(), 16).unwrap();
            text.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect::<String>()
        };
        for row in all {
            let row = row.to_lowercase();
            for secret in ["Canary", counselor.email()] {
                assert!(!row.contains(&hex(secret)), "{table}: {secret}");
            }
        }
    }
}

fn shares_of_one_account_are_bounded(server: &Server) {
    let (member, counselor) = pair(server);
    let (database, body) = (Database(server), body(&counselor, &json!([scope("cravings", "entries")])));
    let offer = || member.post("/v1/shares", &body);
    let ids: Vec<String> = (0..50).map(|_| offer().expect(201).id().to_owned()).collect();
    assert!(offer().refused(409, "too_many_shares").json["detail"].as_str().unwrap().contains("50"));
    let expire = format!("expires_at = {} WHERE share_id = {}", database.long_ago(), database.id(&ids[0]));
    database.execute(&format!("UPDATE shares SET {expire}")).unwrap();
    offer().expect(201);
    offer().refused(409, "too_many_shares");
    member.delete(&format!("/v1/shares/{}", ids[1])).expect(204);
    offer().expect(201);
    // Of those that have ended the consent is kept: a thousand is enough for a life.
    let new = if database.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" };
    let rest = "recipient_role, recipient_id, email_hash, scopes, created_at, expires_at, accepted_at, ended_at, \
                consent_version, consent_sha256, words";
    for _ in 0..5 {
        database
            .execute(&format!(
                "INSERT INTO shares (account_id, share_id, status, {rest}) \
                 SELECT account_id, {new}, 'revoked', {rest} FROM shares"
            ))
            .unwrap();
    }
    member.delete(&format!("/v1/shares/{}", ids[2])).expect(204);
    assert!(offer().refused(409, "too_many_shares").json["detail"].as_str().unwrap().contains("1000"));
}
