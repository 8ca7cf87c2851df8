//! Sealed bytes moved to where they do not belong, by somebody who can write to the database: every column that
//! is sealed, moved from another row, another account and another column, cut and changed. Each is an error when
//! it is read, and never a wrong word. A column of bytes that nobody has judged fails.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::mails::{free_address, send_through, until};
use crate::records::new_id;
use crate::sharing::life::{body as share_body, client, offer, scope, share};
use crate::support::client::PASSWORD;
use crate::support::mailbox::MailServer;
use crate::support::{Answer, Client, Collection, Database, Mailbox, Server, both, collections};

both!(
    each_column_of_bytes_is_judged,
    moved_words_are_never_read,
    moved_secrets_open_nothing,
    moved_mails_are_given_up,
    moved_registrations_open_no_account,
    moved_ledgers_of_the_erased_are_not_told,
);

/// Sealed for an account, beside the words of collections: each has a case below.
const SEALED: &[(&str, &str)] = &[
    ("accounts", "display_name"),
    ("accounts", "email"),
    ("accounts", "password_hash"),
    ("data_keys", "wrapped"),
    ("idempotency_keys", "answer"),
    ("second_factors", "secret"),
    ("login_sessions", "device_name"),
    ("login_sessions", "successor"),
    ("shares", "words"),
];

/// Sealed for no account, by the test that moves them.
const SEALED_ALONE: &[(&str, &str)] =
    &[("mails", "sealed"), ("registrations", "sealed"), ("erased_ledgers", "disclosed")];

/// Bytes that are something else.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("admissions", "code_hash", "a hash"),
    ("admissions", "email_hash", "a hash"),
    ("disclosure_heads", "hash", "a hash, sealed by the column beside it: sharing/ledger.rs"),
    ("disclosure_heads", "seal", "a keyed hash: sharing/ledger.rs"),
    ("disclosures", "hash", "a hash in a chain: sharing/ledger.rs"),
    ("email_addresses", "email_hash", "a hash"),
    ("idempotency_keys", "key_hash", "a hash"),
    ("idempotency_keys", "request_hash", "a hash"),
    ("invitations", "email_hash", "a hash"),
    ("login_failures", "email_hash", "a hash"),
    ("mails", "email_hash", "a hash"),
    ("meeting_list", "digest", "a hash, about nobody"),
    ("password_resets", "token_hash", "a hash"),
    ("recovery_codes", "code_hash", "a hash"),
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
    let mut found: BTreeSet<String> = columns.into_iter().collect();
    // Sealed as well, and written as text.
    found.insert("accounts password_hash".to_owned());
    let mut judged: BTreeSet<String> =
        SEALED.iter().chain(SEALED_ALONE).map(|(table, column)| format!("{table} {column}")).collect();
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
        "email": email, "password": PASSWORD, "time_zone": "UTC", "display_name": words,
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
            ("accounts", "password_hash") => {
                post("/v1/auth/login", json!({"email": self.client.email(), "password": PASSWORD}))
            }
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

/// What takes the place of a sealed column `name` of a row: `other` is that of another row, `elsewhere` that of
/// another column.
fn instead(database: &Database<'_>, name: &str, other: &str, elsewhere: &str) -> Vec<String> {
    let sources = [
        other.to_owned(),
        elsewhere.to_owned(),
        format!("substr({name}, 1, length({name}) - 1)"),
        format!("{name} || {name}"),
        format!("substr({name}, 1, 0)"),
    ];
    let bytes =
        |source: String| if database.is_sqlite() { format!("CAST({source} AS BLOB)") } else { source };
    sources.into_iter().map(bytes).collect()
}

fn moved_mails_are_given_up(server: &mut Server) {
    let (member, other) = (server.member(), server.member());
    let address = free_address();
    send_through(server, &address);
    let ask = |server: &Server, email: &str| {
        server.anybody().post("/v1/auth/password-reset", &json!({"email": email})).expect(202);
    };
    // One that stays as it is: what is sound goes out, beside what is not.
    ask(server, other.email());
    for _ in 0..6 {
        ask(server, member.email());
    }
    until("no try was made", || Database(server).count("mails", "attempts >= 1") == 7);
    until("the tries are not over", || server.log().matches("will be tried again").count() == 7);
    server.kill();
    let database = Database(server);
    let id = if database.is_sqlite() { "hex(mail_id)" } else { "mail_id::text" };
    let mails = database.lines(&format!("SELECT {id} AS line FROM mails ORDER BY created_at"));
    let of = |id: &str| format!("(SELECT b.sealed FROM mails b WHERE b.mail_id = {})", database.id(id));
    let elsewhere = "(SELECT b.wrapped FROM data_keys b LIMIT 1)";
    for (mail, source) in mails[1..].iter().zip(instead(&database, "sealed", &of(&mails[0]), elsewhere)) {
        let swap = format!("UPDATE mails SET sealed = {source} WHERE mail_id = {}", database.id(mail));
        database.execute(&swap).unwrap();
    }
    // A notice of what has not happened.
    let told =
        format!("UPDATE mails SET kind = 'second_factor_off' WHERE mail_id = {}", database.id(&mails[6]));
    database.execute(&told).unwrap();
    database.execute(&format!("UPDATE mails SET next_at = {}", database.long_ago())).unwrap();
    let mail_server = MailServer::start(&address);
    server.restart();
    assert_eq!(mail_server.next().0, other.email());
    until("they are not done with", || Database(server).count("mails", "sealed IS NOT NULL") == 0);
    assert!(mail_server.is_quiet_for(Duration::from_millis(300)), "a mail that was moved was sent");
    let log = server.log();
    assert_eq!(log.matches("a mail is given up").count(), 6, "{log}");
    assert!(!log.contains("@example.org"), "{log}");
}

fn moved_registrations_open_no_account(server: &mut Server) {
    server.restart_with(&[("REGISTRATION", "verified")]);
    let register = |words: &str| {
        let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
        let body = json!({"email": email, "password": PASSWORD, "time_zone": "UTC", "display_name": words});
        server.anybody().post("/v1/auth/register", &body).expect(202);
        (Mailbox(server).only(&email).token().to_owned(), email)
    };
    let confirm = |token: &str| {
        let request = server.anybody().request("POST", "/v1/auth/register/confirm");
        request.json(&json!({"token": token})).try_send().unwrap()
    };
    let database = Database(server);
    let hash = if database.is_sqlite() { "hex(token_hash)" } else { "encode(token_hash, 'hex')" };
    let waiting = || database.lines(&format!("SELECT {hash} AS line FROM registrations"));
    let is = |row: &str| {
        if database.is_sqlite() {
            format!("token_hash = x'{row}'")
        } else {
            format!("token_hash = decode('{row}', 'hex')")
        }
    };
    let (foreign, _) = register(FOREIGN);
    let theirs = waiting().remove(0);
    let of = format!("(SELECT b.sealed FROM registrations b WHERE b.{})", is(&theirs));
    let elsewhere =
        "(SELECT b.sealed FROM mails b WHERE b.sealed IS NOT NULL UNION ALL SELECT token_hash LIMIT 1)";
    for source in instead(&database, "sealed", &of, elsewhere) {
        let (token, email) = register("my own");
        let own = waiting().into_iter().find(|row| *row != theirs).unwrap();
        let swap = format!("UPDATE registrations SET sealed = {source} WHERE {}", is(&own));
        database.execute(&swap).unwrap();
        refused(&format!("a registration from {source}"), &confirm(&token));
        let sign_in = json!({"email": email, "password": PASSWORD});
        server.anybody().post("/v1/auth/login", &sign_in).refused(401, "invalid_credentials");
        database.execute(&format!("DELETE FROM registrations WHERE {}", is(&own))).unwrap();
    }
    assert_eq!(database.count("accounts", "1 = 1"), 0);
    assert_eq!(confirm(&foreign).expect(201).json["account"]["display_name"], FOREIGN);
}

fn moved_ledgers_of_the_erased_are_not_told(server: &Server) {
    let database = Database(server);
    let id = if database.is_sqlite() { "lower(hex(ledger_id))" } else { "replace(ledger_id::text, '-', '')" };
    let kept = || database.lines(&format!("SELECT {id} AS line FROM erased_ledgers"));
    let mut known = Vec::new();
    // Somebody who was read and is gone: the account's id, that of who read it, and the row that is kept.
    let mut erased = || {
        let (member, counselor) = (server.member(), server.counselor());
        let id = share(&member, &counselor, &json!([scope("cravings", "entries")]));
        counselor.get(&client(&id, "cravings")).expect(200);
        member.request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
        let row = kept().into_iter().find(|row| !known.contains(row)).unwrap();
        known.push(row.clone());
        (member.account_id().to_owned(), counselor.account_id().to_owned(), row)
    };
    let told = |account: &str| {
        let output = server.run(&["disclosures", account]);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let (account, foreign, theirs) = erased();
    assert!(told(&account).1.contains(&foreign));
    let of =
        format!("(SELECT b.disclosed FROM erased_ledgers b WHERE b.ledger_id = {})", database.id(&theirs));
    let elsewhere = "(SELECT b.wrapped FROM data_keys b LIMIT 1)";
    for source in instead(&database, "disclosed", &of, elsewhere) {
        let (account, by, row) = erased();
        let row = database.id(&row);
        let swap = format!("UPDATE erased_ledgers SET disclosed = {source} WHERE ledger_id = {row}");
        database.execute(&swap).unwrap();
        let (done, said) = told(&account);
        assert!(!done && said.contains("does not open"), "{source}: {said}");
        assert!(!said.contains(&foreign) && !said.contains(&by) && !said.contains("cravings"), "{said}");
    }
}
