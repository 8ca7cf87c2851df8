//! Every operation of the document, tried by everybody who must not: without a token, with one that is no
//! good, as another member, as a counselor. A route without a row fails.

use serde_json::{Value as Json, json};

use crate::records::new_id;
use crate::sharing::life::{accept, body, client, in_seconds, offer, scope};
use crate::sharing::matrix::everything;
use crate::support::client::PASSWORD;
use crate::support::collections::example;
use crate::support::contract::Operation;
use crate::support::{Answer, Client, Contract, Server, both, collections};

both!(
    nobody_gets_in_without_a_live_session,
    another_member_finds_nothing,
    a_counselor_has_no_journal,
    an_authorization_that_is_no_bearer_is_none,
);

/// Who may call what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Anybody,
    Account,
    Member,
    Counselor,
    /// The recipient of a share: sharing/matrix.rs has a row for each.
    Recipient,
}

/// One row a route. Collections have theirs by being collections.
const ROUTES: &[(&str, &str, Who)] = &[
    ("GET", "/livez", Who::Anybody),
    ("GET", "/readyz", Who::Anybody),
    ("GET", "/openapi.json", Who::Anybody),
    ("GET", "/openapi-3.0.json", Who::Anybody),
    ("GET", "/v1/meta", Who::Anybody),
    ("GET", "/v1/catalogue", Who::Anybody),
    ("GET", "/v1/meeting-list", Who::Account),
    ("POST", "/v1/auth/register", Who::Anybody),
    ("POST", "/v1/auth/register/confirm", Who::Anybody),
    ("POST", "/v1/auth/login", Who::Anybody),
    ("POST", "/v1/auth/refresh", Who::Anybody),
    ("POST", "/v1/auth/logout", Who::Anybody),
    ("GET", "/v1/auth/sessions", Who::Account),
    ("DELETE", "/v1/auth/sessions/{id}", Who::Account),
    ("POST", "/v1/auth/password", Who::Account),
    ("POST", "/v1/auth/password-reset", Who::Anybody),
    ("POST", "/v1/auth/password-reset/confirm", Who::Anybody),
    ("GET", "/v1/auth/totp", Who::Account),
    ("POST", "/v1/auth/totp", Who::Account),
    ("DELETE", "/v1/auth/totp", Who::Account),
    ("POST", "/v1/auth/totp/confirm", Who::Account),
    ("GET", "/v1/account", Who::Account),
    ("PATCH", "/v1/account", Who::Account),
    ("DELETE", "/v1/account", Who::Account),
    ("GET", "/v1/days", Who::Member),
    ("GET", "/v1/days/{date}", Who::Member),
    ("GET", "/v1/days/{date}/check-in", Who::Member),
    ("PUT", "/v1/days/{date}/check-in", Who::Member),
    ("GET", "/v1/export.fhir.json", Who::Member),
    ("GET", "/v1/export.json", Who::Member),
    ("GET", "/v1/export.zip", Who::Member),
    ("POST", "/v1/import", Who::Member),
    ("GET", "/v1/report.pdf", Who::Member),
    ("GET", "/v1/streaks", Who::Member),
    ("POST", "/v1/shares", Who::Member),
    ("GET", "/v1/shares", Who::Member),
    ("GET", "/v1/shares/{id}", Who::Member),
    ("DELETE", "/v1/shares/{id}", Who::Member),
    ("GET", "/v1/shares/{id}/preview", Who::Member),
    ("GET", "/v1/shares/{id}/brief", Who::Member),
    ("GET", "/v1/disclosures", Who::Member),
    ("GET", "/v1/invitations", Who::Account),
    ("POST", "/v1/invitations/{id}/accept", Who::Account),
    ("POST", "/v1/invitations/{id}/decline", Who::Account),
    ("GET", "/v1/clients", Who::Counselor),
    ("GET", "/v1/summary", Who::Member),
    ("GET", "/v1/sync/changes", Who::Member),
    ("POST", "/v1/sync/changes", Who::Member),
    ("GET", "/v1/sync/stream", Who::Member),
    ("POST", "/v1/sync/tickets", Who::Member),
    ("GET", "/v1/trends", Who::Member),
    ("GET", "/v1/insights/adherence", Who::Member),
    ("GET", "/v1/insights/care-plan", Who::Member),
    ("GET", "/v1/insights/factors", Who::Member),
    ("GET", "/v1/insights/heatmap", Who::Member),
    ("GET", "/v1/insights/meetings", Who::Member),
    ("GET", "/v1/insights/skills", Who::Member),
    ("GET", "/v1/insights/triggers", Who::Member),
    ("GET", "/v1/insights/withdrawal", Who::Member),
    ("GET", "/v1/support", Who::Member),
];

/// Every operation with its row.
fn rows() -> impl Iterator<Item = (&'static Operation, Who)> {
    let journal = collections::all();
    Contract::get().operations.iter().map(move |operation| {
        let row =
            ROUTES.iter().find(|(method, path, _)| *method == operation.method && *path == operation.path);
        let of_collection = journal.iter().any(|known| {
            operation.path == known.path || operation.path.strip_prefix(known.path) == Some("/{id}")
        });
        let of_client = operation.path.starts_with("/v1/clients/{share_id}/");
        let follows = if of_client { Some(Who::Recipient) } else { of_collection.then_some(Who::Member) };
        let who = row.map(|(_, _, who)| *who).or(follows);
        let who = who.unwrap_or_else(|| {
            panic!("{} {} has no row in tests/api/strangers.rs", operation.method, operation.path)
        });
        (operation, who)
    })
}

#[test]
fn each_route_has_a_row_and_says_the_same_in_the_document() {
    for (operation, who) in rows() {
        let secured = operation.spec["security"].as_array().is_some_and(|security| !security.is_empty());
        assert_eq!(secured, who != Who::Anybody, "security of {}", operation.id);
    }
    for (method, path, _) in ROUTES {
        assert!(Contract::get().operation(method, path).is_some(), "{method} {path} is not served any more");
    }
}

/// A member with a record in every collection, and the paths to what is theirs.
struct Owner {
    client: Client,
    records: Vec<(&'static str, String)>,
    share: String,
}

impl Owner {
    fn new(server: &Server) -> Self {
        let client = server.member();
        let create = |collection: collections::Collection| {
            let record = client.post(collection.path, &collection.full());
            (collection.path, record.expect(201).id().to_owned())
        };
        let records = collections::all().into_iter().map(create).collect();
        client.put("/v1/days/2025-03-04/check-in", &json!({"mood": 5})).expect(201);
        let share = offer(&client, &server.counselor(), &json!([scope("cravings", "entries")]));
        Self { client, records, share }
    }

    /// The path of an operation, with this owner's own ids in it.
    fn path(&self, operation: &Operation) -> String {
        let below = operation.path.replace("/v1/clients/{share_id}/", "/v1/");
        let own = self.records.iter().find(|(path, _)| below.strip_prefix(path) == Some("/{id}"));
        let session = || self.client.get("/v1/auth/sessions").items()[0]["id"].as_str().unwrap().to_owned();
        let mut path = operation.path.replace("{date}", "2025-03-04").replace("{share_id}", &self.share);
        if path.contains("{id}") {
            let id = match own {
                Some((_, id)) => id.clone(),
                None if path.starts_with("/v1/auth/sessions/") => session(),
                None if path.starts_with("/v1/shares/") || path.starts_with("/v1/invitations/") => {
                    self.share.clone()
                }
                None => panic!("no id of an owner's for {path}"),
            };
            path = path.replace("{id}", &id);
        }
        path
    }

    /// Everything the owner has, as they see it.
    fn everything(&self) -> Vec<Json> {
        let mut all: Vec<Json> =
            self.records.iter().map(|(path, _)| self.client.get(path).expect(200).json.clone()).collect();
        all.push(self.client.get("/v1/account").expect(200).json.clone());
        all.push(self.client.get("/v1/auth/sessions").expect(200).json.clone());
        all.push(self.client.get("/v1/shares").expect(200).json.clone());
        all.push(self.client.get("/v1/disclosures").expect(200).json.clone());
        all.push(self.client.get("/v1/days/2025-03-04").expect(200).json.clone());
        all.push(self.client.get("/v1/streaks?as_of=2025-03-05").expect(200).json.clone());
        all
    }
}

/// Calls an operation with a body that would be good.
fn call(client: &Client, operation: &Operation, path: &str) -> Answer {
    let request = client.request(&operation.method, path);
    match operation.spec["requestBody"]["content"].as_object().and_then(|content| content.iter().next()) {
        None => request.send(),
        Some((media_type, body)) => {
            let mut good = example(body, Contract::get().resolve(&body["schema"])).clone();
            if good.get("password").is_some() {
                good["password"] = json!(PASSWORD);
            }
            request.header("Content-Type", media_type).json(&good).send()
        }
    }
}

/// Tokens that look like something and are no good.
fn dead_tokens(server: &Server, owner: &Client) -> Vec<(&'static str, String)> {
    let good = owner.token.clone().unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let other = server.member().token.unwrap();
    let flipped = |text: &str| {
        let first = if text.starts_with('A') { 'B' } else { 'A' };
        first.to_string() + &text[1..]
    };
    let ended = {
        let session = owner.log_in(owner.email(), PASSWORD);
        session.post("/v1/auth/logout", &json!({"refresh_token": session.refresh_token()})).expect(204);
        session.token.unwrap()
    };
    let erased = {
        let gone = server.member();
        gone.request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
        gone.token.unwrap()
    };
    vec![
        ("no token", "x".to_owned()),
        ("nothing", String::new()),
        ("three dots", "a.b.c".to_owned()),
        ("without a signature", format!("{}.{}.", parts[0], parts[1])),
        ("cut", good[..good.len() - 1].to_owned()),
        ("longer", format!("{good}A")),
        ("another signature", format!("{}.{}.{}", parts[0], parts[1], flipped(parts[2]))),
        ("another's signature", format!("{}.{}.{}", parts[0], parts[1], other.split('.').nth(2).unwrap())),
        ("other claims", format!("{}.{}.{}", parts[0], flipped(parts[1]), parts[2])),
        ("alg none", format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", parts[1])),
        ("a refresh token", owner.refresh_token().to_owned()),
        ("a session that ended", ended),
        ("an erased account", erased),
        ("expired", forged(server, owner, -3_600)),
        ("not yet good", forged(server, owner, 3_600)),
    ]
}

/// A token signed with the server's own key, made so many seconds from now.
fn forged(server: &Server, owner: &Client, seconds: i64) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let keyring = recovery_journal::db::seal::Keyring::load(&server.directory().join("master.key")).unwrap();
    let token = owner.token.clone().unwrap();
    let decode = |part: usize| -> Json {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(part).unwrap()).unwrap()).unwrap()
    };
    let mut claims = decode(1);
    for claim in ["iat", "nbf", "exp"] {
        claims[claim] = json!(claims[claim].as_i64().unwrap() + seconds);
    }
    let header = serde_json::from_value(decode(0)).unwrap();
    let key = jsonwebtoken::EncodingKey::from_secret(keyring.access_token().as_slice());
    let forged = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    let genuine = jsonwebtoken::encode(&header, &decode(1), &key).unwrap();
    assert_eq!(genuine.split('.').next(), token.split('.').next(), "made as the server makes them");
    forged
}

fn nobody_gets_in_without_a_live_session(server: &Server) {
    let owner = Owner::new(server);
    let dead = dead_tokens(server, &owner.client);
    let before = owner.everything();
    for (operation, who) in rows() {
        if who == Who::Anybody {
            continue;
        }
        let path = owner.path(operation);
        let answer = call(&server.anybody(), operation, &path);
        let challenge = answer.refused(401, "unauthenticated").header("www-authenticate");
        assert!(challenge.is_some_and(|challenge| challenge.starts_with("Bearer")), "{answer:?}");
        for (what, token) in &dead {
            let answer = call(&server.anybody().with_token(token), operation, &path);
            assert_eq!(answer.status, 401, "{what}: {answer:?}");
        }
    }
    assert_eq!(owner.everything(), before);
}

/// Whoever it is: a supporter too, who is shown milestones and nothing else.
fn another_member_finds_nothing(server: &Server) {
    let owner = Owner::new(server);
    let supporter = server.member();
    let mut asked = body(&supporter, &json!([scope("milestones", "summary")]));
    asked["recipient_role"] = json!("supporter");
    let share = owner.client.post("/v1/shares", &asked).expect(201).id().to_owned();
    accept(&supporter, &share).expect(200);
    supporter.get(&client(&share, "milestones")).expect(200);
    for stranger in [server.member(), supporter] {
        finds_nothing(server, &owner, &stranger);
    }
}

fn finds_nothing(server: &Server, owner: &Owner, stranger: &Client) {
    let before = owner.everything();
    for (operation, who) in rows() {
        let open_or_elsewhere = [Who::Anybody, Who::Recipient].contains(&who);
        if open_or_elsewhere || !operation.path.contains("{id}") {
            continue;
        }
        let foreign = call(stranger, operation, &owner.path(operation));
        let nowhere = operation.path.replace("{id}", &new_id());
        let missing = call(stranger, operation, &nowhere);
        assert_eq!(foreign.status, missing.status, "{foreign:?}");
        if operation.method == "PUT" {
            // In the stranger's own journal the id is simply new.
            foreign.expect(201);
            for path in [owner.path(operation), nowhere] {
                stranger.delete(&path).expect(204);
            }
            continue;
        }
        foreign.refused(404, "not_found");
        let said = |answer: &Answer| {
            let mut problem = answer.json.clone();
            problem["request_id"] = Json::Null;
            problem
        };
        assert_eq!(said(&foreign), said(&missing), "a foreign id and a missing one look the same");
        assert_eq!(foreign.header_names(), missing.header_names());
    }
    for collection in collections::all() {
        assert!(stranger.get(collection.path).items().is_empty(), "{}", collection.path);
        let own = owner.records.iter().find(|(path, _)| *path == collection.path).unwrap();
        let mut body = collection.full();
        body["id"] = json!(own.1);
        server.member().post(collection.path, &body).expect(201);
    }
    assert_eq!(stranger.get("/v1/days/2025-03-04").json["check_ins"].as_array().map(Vec::len), Some(0));
    stranger.get("/v1/days/2025-03-04/check-in").refused(404, "not_found");
    assert_eq!(owner.everything(), before);
}

/// Whatever share they hold or held: it opens what is below `/v1/clients`, which sharing/matrix.rs tries.
fn a_counselor_has_no_journal(server: &Server) {
    let owner = Owner::new(server);
    let all = everything("entries_with_notes").0;
    let holder = |scopes: &Json, then: &dyn Fn(&Client, &str)| {
        let counselor = server.counselor();
        let id = offer(&owner.client, &counselor, scopes);
        then(&counselor, &id);
        counselor
    };
    let accepted = |counselor: &Client, id: &str| drop(accept(counselor, id).expect(200).clone());
    let dated =
        json!([{"collection": "cravings", "detail": "entries", "from": "2001-01-01", "to": "2001-12-31"}]);
    let expired = {
        let counselor = server.counselor();
        let mut asked = body(&counselor, &all);
        asked["expires_at"] = json!(in_seconds(1));
        let id = owner.client.post("/v1/shares", &asked).expect(201).id().to_owned();
        accept(&counselor, &id).expect(200);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        counselor
    };
    let holders = [
        ("none", server.counselor()),
        ("expired", expired),
        ("pending", holder(&all, &|_, _| {})),
        ("full", holder(&all, &accepted)),
        ("narrower", holder(&json!([scope("check_ins", "entries")]), &accepted)),
        ("cut by date", holder(&dated, &accepted)),
        (
            "revoked",
            holder(&all, &|counselor, id| {
                accepted(counselor, id);
                owner.client.delete(&format!("/v1/shares/{id}")).expect(204);
            }),
        ),
    ];
    let before = owner.everything();
    let mut cells = 0;
    for (operation, who) in rows() {
        let path = owner.path(operation);
        for (share, counselor) in &holders {
            let refused = |answer: Answer, status, code| {
                let found = (answer.status, answer.json["code"].as_str());
                assert_eq!(found, (status, Some(code)), "{share}: {answer:?}");
            };
            match who {
                Who::Member => {
                    refused(call(counselor, operation, &path), 403, "wrong_role");
                    // Whatever else is wrong with it.
                    let nothing = path.replace("2025-03-04", "never");
                    let bad = counselor.request(&operation.method, &nothing).body("{").send();
                    refused(bad, 403, "wrong_role");
                }
                Who::Account if operation.path.contains("{id}") => {
                    refused(call(counselor, operation, &path), 404, "not_found");
                }
                _ => continue,
            }
            cells += 1;
        }
    }
    assert!(cells > 600, "only {cells} cells");
    for (_, counselor) in holders {
        counselor.get("/v1/account").expect(200);
    }
    assert_eq!(owner.everything(), before);
}

fn an_authorization_that_is_no_bearer_is_none(server: &Server) {
    let member = server.member();
    let token = member.token.clone().unwrap();
    let with =
        |value: &str| server.anybody().request("GET", "/v1/account").header("Authorization", value).send();
    with(&format!("Bearer {token}")).expect(200);
    with(&format!("bearer {token}")).expect(200);
    for bad in [
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer{token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
    ] {
        assert_eq!(with(&bad).status, 401, "{bad}");
    }
    let by_query = server.anybody().get(&format!("/v1/account?access_token={token}"));
    by_query.refused(401, "unauthenticated");
    let cookie =
        server.anybody().request("GET", "/v1/account").header("Cookie", format!("access_token={token}"));
    cookie.send().refused(401, "unauthenticated");
}
