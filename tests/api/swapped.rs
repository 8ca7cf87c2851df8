//! Sealed bytes moved to where they do not belong, by somebody who can write to the database: every column that
//! is sealed, moved from another row, another account and another column, cut and changed. Each is an error when
//! it is read, and never a wrong word. A column of bytes that nobody has judged fails.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::records::new_id;
use crate::sharing::life::{body as share_body, offer, scope};
use crate::support::{Answer, Client, Collection, Database, Server, both, collections};

both!(each_column_of_bytes_is_judged, moved_words_are_never_read, moved_secrets_open_nothing);

/// Sealed for an account, beside the words of collections: each has a case below.
const SEALED: &[(&str, &str)] = &[
    ("accounts", "display_name"),
    ("accounts", "email"),
    ("data_keys", "wrapped"),
    ("idempotency_keys", "answer"),
    ("second_factors", "secret"),
    ("login_sessions", "device_name"),
    ("login_sessions", "successor"),
    ("shares", "words"),
];

/// Bytes that are something else, or that are opened by what the server does not keep.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("admissions", "code_hash", "a hash"),
    ("admissions", "email_hash", "a hash"),
    ("disclosure_heads", "hash", "a hash, sealed by the column beside it: sharing/ledger.rs"),
    ("disclosure_heads", "seal", "a keyed hash: sharing/ledger.rs"),
    ("disclosures", "hash", "a hash in a chain: sharing/ledger.rs"),
    ("email_addresses", "email_hash", "a hash"),
    ("erased_ledgers", "disclosed", "no words: who was shown what, when its member is gone"),
    ("idempotency_keys", "key_hash", "a hash"),
    ("idempotency_keys", "request_hash", "a hash"),
    ("invitations", "email_hash", "a hash"),
    ("login_failures", "email_hash", "a hash"),
    ("mails", "email_hash", "a hash"),
    ("mails", "sealed", "sealed for the mail's own id, and gone within seconds"),
    ("meeting_list", "digest", "a hash, about nobody"),
    ("password_resets", "token_hash", "a hash"),
    ("recovery_codes", "code_hash", "a hash"),
    ("registrations", "sealed", "sealed under the token of the mail, which the server does not keep"),
    ("registrations", "token_hash", "a hash"),
    ("login_sessions", "previous_hash", "a hash"),
    ("login_sessions", "refresh_hash", "a hash"),
    ("shares", "email_hash", "a hash"),
];

/// The columns of words of each collection.
fn words(collection: Collection) -> Vec<&'static str> {
    let long = |schema: &Json| schema["maxLength"] == 20_000 || schema["items"]["maxLength"] == 20_000;
    collection.fields().filter(|(_, schema)| long(schema)).map(|(name, _)| name).collect()
}

fn each_column_of_bytes_is_judged(server: &Server) {
    let database = Database(server);
    let columns = database.lines(if database.is_sqlite() {
        "SELECT m.name || ' ' || c.name AS line FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND upper(c.type) = 'BLOB' AND c.name <> 'id' AND c.name NOT LIKE '%\\_id' ESCAPE '\\' \
         AND c.name <> 'epoch'"
    } else {
        "SELECT table_name || ' ' || column_name AS line FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type = 'bytea'"
    });
    let found: BTreeSet<String> = columns.into_iter().collect();
    let mut judged: BTreeSet<String> =
        SEALED.iter().map(|(table, column)| format!("{table} {column}")).collect();
    judged.extend(OTHERWISE.iter().map(|(table, column, _)| format!("{table} {column}")));
    for collection in collections::all() {
        let table = collection.name();
        judged.extend(words(collection).into_iter().map(|name| format!("{table} {name}")));
    }
    assert_eq!(found, judged);
}

/// What must not show: the words of others.
const FOREIGN: &str = "somebody else's";

fn refused(what: &str, answer: &Answer) {
    assert_eq!((answer.status, answer.json["code"].as_str()), (500, Some("internal")), "{what}: {answer:?}");
    let text = String::from_utf8_lossy(&answer.bytes);
    assert!(!text.contains(FOREIGN) && !text.contains("my own"), "{what}: {answer:?}");
}

fn moved_words_are_never_read(server: &Server) {
    let (database, member, other) = (Database(server), server.member(), server.member());
    let mut cases = 0;
    for collection in collections::all() {
        let (names, table) = (words(collection), collection.name());
        let create = |owner: &Client, word: &str| {
            let mut body = collection.full();
            for name in &names {
                let word = format!("{word} {name}");
                body[*name] = if body[*name].is_array() { json!([word]) } else { json!(word) };
            }
            owner.post(collection.path, &body).expect(201).id().to_owned()
        };
        if names.is_empty() {
            continue;
        }
        let (row, foreign) = (create(&member, "my own"), create(&other, FOREIGN));
        for (at, name) in names.iter().enumerate() {
            let of = |id: &str| format!("(SELECT b.{name} FROM {table} b WHERE b.id = {})", database.id(id));
            let beside = names[(at + 1) % names.len()];
            let cut = format!("substr({name}, 1, length({name}) - 1)");
            let doubled = format!("{name} || {name}");
            let mut sources = vec![
                ("another record", of(&row)),
                ("another account", of(&foreign)),
                ("cut", cut),
                ("doubled", doubled),
                ("nothing", format!("substr({name}, 1, 0)")),
            ];
            if beside != *name {
                sources.push(("another column", beside.to_owned()));
            }
            for (what, source) in sources {
                let victim = create(&member, "my own");
                let source = if database.is_sqlite() { format!("CAST({source} AS BLOB)") } else { source };
                let swap =
                    format!("UPDATE {table} SET {name} = {source} WHERE id = {}", database.id(&victim));
                database.execute(&swap).unwrap();
                let read = member.request("GET", &collection.item(&victim)).try_send().unwrap();
                refused(&format!("{table}.{name} from {what}"), &read);
                let list = member.request("GET", collection.path).try_send().unwrap();
                refused(&format!("{table}.{name} from {what}, in a list"), &list);
                let gone = format!("DELETE FROM {table} WHERE id = {}", database.id(&victim));
                database.execute(&gone).unwrap();
                cases += 1;
            }
        }
        member.get(&collection.item(&row)).expect(200);
    }
    assert!(cases > 120, "only {cases} cases");
}

/// Somebody with a value in every sealed column, their share's id and the key of an offer.
struct Somebody {
    client: Client,
    /// The refresh token that was exchanged.
    spent: String,
    share: String,
    key: String,
}

fn somebody(server: &Server, words: &str) -> Somebody {
    let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
    let body = json!({
        "email": email, "password": crate::support::client::PASSWORD, "time_zone": "UTC", "display_name": words,
        "device_name": words,
    });
    let registered = server.anybody().post("/v1/auth/register", &body).expect(201).json.clone();
    let client = server.anybody().signed_in(registered);
    let spent = client.refresh_token().to_owned();
    let share = offer(&client, &server.counselor(), &json!([scope("cravings", "entries")]));
    client.request("POST", "/v1/auth/totp").send().expect(200);
    let key = new_id();
    let somebody = Somebody { client, spent, share, key };
    somebody.offering().expect(201);
    let exchanged = server.anybody().post("/v1/auth/refresh", &json!({"refresh_token": somebody.spent}));
    let mut session = somebody.client.session.clone();
    session["access_token"] = exchanged.expect(200).json["access_token"].clone();
    Somebody { client: somebody.client.signed_in(session), ..somebody }
}

impl Somebody {
    /// An offer under the key, which is answered from memory the second time.
    fn offering(&self) -> Answer {
        let mut offer = share_body(&self.client, &json!([scope("meetings", "entries")]));
        offer["recipient_email"] = json!("somebody@example.org");
        offer["expires_at"] = json!("2999-01-01T00:00:00Z");
        let request = self.client.request("POST", "/v1/shares").header("Idempotency-Key", self.key.as_str());
        request.json(&offer).try_send().unwrap()
    }

    /// Asks for what a sealed column is opened for.
    fn ask(&self, table: &str, column: &str) -> Answer {
        let get = |path: &str| self.client.request("GET", path).try_send().unwrap();
        let post = |path: &str, body: Json| self.client.request("POST", path).json(&body).try_send().unwrap();
        match (table, column) {
            ("accounts" | "data_keys", _) => get("/v1/account"),
            ("idempotency_keys", _) => self.offering(),
            ("second_factors", _) => post("/v1/auth/totp/confirm", json!({"code": "123456"})),
            ("login_sessions", "device_name") => get("/v1/auth/sessions"),
            ("login_sessions", _) => post("/v1/auth/refresh", json!({"refresh_token": self.spent})),
            ("shares", _) => get(&format!("/v1/shares/{}", self.share)),
            _ => panic!("nothing opens {table}.{column}"),
        }
    }
}

fn moved_secrets_open_nothing(server: &mut Server) {
    let other = somebody(server, FOREIGN);
    let mut victims = Vec::new();
    for (table, column) in SEALED {
        let victim = somebody(server, "my own");
        let sound = victim.ask(table, column);
        assert!(sound.status < 500, "{table}.{column} as it was: {sound:?}");
        let database = Database(server);
        let (theirs, own) = (database.id(other.client.account_id()), database.id(victim.client.account_id()));
        let swap = format!(
            "UPDATE {table} SET {column} = (SELECT b.{column} FROM {table} b WHERE b.account_id = {theirs} \
             AND b.{column} IS NOT NULL LIMIT 1) WHERE account_id = {own}"
        );
        database.execute(&swap).unwrap();
        victims.push((victim, *table, *column));
    }
    // Nothing is answered from memory.
    server.restart();
    for (victim, table, column) in victims {
        let client = victim.client.at(server.address());
        refused(&format!("{table}.{column}"), &Somebody { client, ..victim }.ask(table, column));
    }
    other.client.at(server.address()).get("/v1/account").expect(200);
}
