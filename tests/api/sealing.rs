//! Words at rest: none of them is in the database, its log, a backup or the server's log, whatever that says.
//! swapped.rs moves them to other places.

use std::fs;

use serde_json::{Value as Json, json};

use crate::files::{export, import, import_ours};
use crate::records::new_id;
use crate::schema::PUBLIC;
use crate::sharing::life::{accept, body, scope};
use crate::support::{Client, Database, Mailbox, Server, both, collections};

// A log that says everything is one that somebody turns on in an emergency, and forgets.
both!(with [("RUST_LOG", "trace")] => no_word_is_in_what_could_be_stolen);
both!(an_erased_account_leaves_nothing);

/// Puts a phrase that nothing else could hold into every member that takes words.
fn with_canaries(body: &mut Json, collection: &str, names: &[&str], canaries: &mut Vec<String>) {
    for name in names {
        let canary = format!("canary {collection} {name} {}", uuid::Uuid::new_v4().simple());
        body[*name] = if body[*name].is_array() { json!([canary, "and another"]) } else { json!(canary) };
        canaries.push(canary);
    }
}

/// Writes words through every path that takes them.
fn write_words(server: &Server) -> (Client, Vec<String>) {
    let (mut canaries, mut wordless) = (Vec::new(), Vec::new());
    let email = format!("canary-{}@example.org", uuid::Uuid::new_v4().simple());
    let mut account =
        json!({"email": email, "password": "canary in a quiet coal mine 7", "time_zone": "UTC"});
    with_canaries(&mut account, "account", &["display_name", "device_name"], &mut canaries);
    let answer = server.anybody().post("/v1/auth/register", &account);
    let member = server.anybody().signed_in(answer.expect(201).json.clone());
    canaries.extend([email, "canary in a quiet coal mine 7".to_owned()]);
    canaries.extend([member.token.clone().unwrap(), member.refresh_token().to_owned()]);
    let second_factor = member.request("POST", "/v1/auth/totp").send();
    canaries.push(second_factor.expect(200).json["secret"].as_str().unwrap().to_owned());
    server.anybody().post("/v1/auth/password-reset", &json!({"email": member.email()})).expect(202);
    canaries.push(Mailbox(server).only(member.email()).token().to_owned());
    let mut patch = json!({});
    with_canaries(&mut patch, "account", &["display_name"], &mut canaries);
    member.patch("/v1/account", &patch).expect(200);
    for collection in collections::all() {
        let words: Vec<&str> = collection
            .fields()
            .filter(|(_, schema)| schema["maxLength"] == 20_000 || schema["items"]["maxLength"] == 20_000)
            .map(|(name, _)| name)
            .collect();
        if words.is_empty() {
            wordless.push(collection.path);
            continue;
        }
        for _ in 0..12 {
            let mut body = collection.full();
            with_canaries(&mut body, &collection.name(), &words, &mut canaries);
            let id = member.post(collection.path, &body).expect(201).id().to_owned();
            with_canaries(&mut body, &collection.name(), &words, &mut canaries);
            member.put(&collection.item(&id), &body).expect(200);
            // A patch of every member with words, lists as lists.
            let members = words.iter().map(|name| ((*name).to_owned(), body[*name].clone()));
            let mut patch = Json::Object(members.collect());
            with_canaries(&mut patch, &collection.name(), &words, &mut canaries);
            member.patch(&collection.item(&id), &patch).expect(200);
        }
        // What is refused may end in a log.
        let mut body = collection.full();
        with_canaries(&mut body, &collection.name(), &[words[0], "surprise"], &mut canaries);
        member.post(collection.path, &body).expect(422);
        member
            .get(&format!("{}?surprise={}", collection.path, canaries.last().unwrap().replace(' ', "%20")))
            .expect(400);
    }
    write_elsewhere(server, &member, &mut canaries);
    assert_eq!(wordless, ["/v1/assessments", "/v1/goals"], "collections without a word");
    (member, canaries)
}

/// The ways that are not a collection's own: shares, pushes, files, and what is refused or only asked.
fn write_elsewhere(server: &Server, member: &Client, canaries: &mut Vec<String>) {
    let mut word = |what: &str| {
        let canary = format!("canary-{what}-{}", uuid::Uuid::new_v4().simple());
        canaries.push(canary.clone());
        canary
    };
    let counselor = server.counselor();
    let mut offer = body(&counselor, &json!([scope("cravings", "entries_with_notes")]));
    for name in ["purpose", "signature_name"] {
        offer[name] = json!(word(name));
    }
    let share =
        member.request("POST", "/v1/shares").header("Idempotency-Key", word("key")).json(&offer).send();
    accept(&counselor, share.expect(201).id()).expect(200);
    offer["recipient_email"] = json!(format!("{}@example.org", word("recipient")));
    member.post("/v1/shares", &offer).expect(201);
    let mut doc = collections::at("/v1/check-ins").full();
    doc["note"] = json!(word("push"));
    let row = json!({"collection": "check_ins", "id": new_id(), "doc": doc});
    member.post("/v1/sync/changes", &json!({"changes": [row]})).expect(200);
    let mut file = export(member);
    file["collections"]["check_ins"][0]["note"] = json!(word("file"));
    file["collections"]["check_ins"][0]["id"] = json!(new_id());
    import_ours(member, "", &file).expect(200);
    let diary = format!(
        "full_date,date,weekday,time,mood,activities,note_title,note\n2024-05-06,May 6,Monday,21:05,rad,,{},{}\n",
        word("title"),
        word("diary")
    );
    import(member, "format=daylio&time_zone=UTC", "text/csv", diary).expect(200);
    import(member, "format=daylio&time_zone=UTC", "text/csv", format!("full_date,{}\n\"", word("column")))
        .expect(400);
    let wrong = json!({"email": format!("{}@example.org", word("email")), "password": word("password")});
    server.anybody().post("/v1/auth/login", &wrong).expect(401);
    member.with_token(&word("token")).get("/v1/account").expect(401);
    member.get(&format!("/v1/{}?{}={}", word("path"), word("name"), word("value"))).expect(404);
    let by_header =
        member.request("GET", "/v1/check-ins").header("If-None-Match", format!("\"{}\"", word("tag")));
    by_header.header("User-Agent", word("agent")).header("Cookie", word("cookie")).send().expect(200);
    member.request("POST", "/v1/check-ins").body(format!("{{\"note\": \"{}", word("cut"))).send();
}

fn no_word_is_in_what_could_be_stolen(server: &mut Server) {
    let (_, canaries) = write_words(server);
    assert!(canaries.len() >= 1_000, "only {} phrases", canaries.len());
    let mut stolen: Vec<(String, Vec<u8>)> = Vec::new();
    if !Database(server).is_sqlite() {
        for table in Database(server).tables() {
            // Bytes show as hexadecimal digits; they are looked through both ways.
            let rows = Database(server).lines(&format!("SELECT t::text AS line FROM {table} t")).join("\n");
            stolen.push((format!("{table}, bytes"), unhex(&rows)));
            stolen.push((table, rows.into_bytes()));
        }
    }
    if Database(server).is_sqlite() {
        let backup = server.directory().join("backup.db");
        let made = server.run(&["backup", "--output", backup.to_str().unwrap()]);
        assert!(made.status.success() && backup.is_file(), "{made:?}");
        stolen.push(("what the backup said".to_owned(), [made.stdout, made.stderr].concat()));
    }
    assert!(server.log().contains("TRACE"), "the log says everything");
    // In the middle of everything, with the write-ahead log as it is.
    server.kill();
    for entry in fs::read_dir(server.directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            stolen.push((path.display().to_string(), fs::read(path).unwrap()));
        }
    }
    assert!(stolen.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 50_000);
    for (place, bytes) in &stolen {
        // All phrases but the tokens hold this word; one search for it is cheaper than hundreds.
        let canary = bytes.windows(6).position(|window| window.eq_ignore_ascii_case(b"canary"));
        let around = |at: usize| String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 80)]).into_owned();
        assert_eq!(canary.map(around), None, "a word is readable in {place}");
        for secret in canaries.iter().filter(|canary| !canary.contains("canary")) {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a token is readable in {place}");
        }
    }
}

/// Every run of hexadecimal digits as the bytes it stands for.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().filter_map(|c| char::from(c).to_digit(16)).map(|d| d.try_into().unwrap()).collect();
    let even = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]);
    let odd = digits[1.min(digits.len())..].chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]);
    even.chain(odd).collect()
}

fn an_erased_account_leaves_nothing(server: &Server) {
    let (database, member) = (Database(server), server.member());
    let bystander = server.member();
    for collection in collections::all() {
        let record = member.post(collection.path, &collection.full());
        member.post(collection.path, &collection.full()).expect(201);
        member.delete(&collection.item(record.id())).expect(204);
        bystander.post(collection.path, &collection.full()).expect(201);
    }
    let owned = |member: &Client| -> Vec<(String, i64)> {
        let condition = format!("account_id = {}", database.id(member.account_id()));
        // These know an address, a link or who is gone, and no account.
        let nobodys = ["admissions", "erased_ledgers", "login_failures", "mails", "registrations"];
        let not_owned = |table: &str| nobodys.contains(&table) || PUBLIC.contains(&table);
        let tables = database.tables().into_iter().filter(|table| !not_owned(table));
        tables
            .map(|table| {
                let count = database.count(&table, &condition);
                (table, count)
            })
            .filter(|(_, count)| *count > 0)
            .collect()
    };
    let (before, others) = (owned(&member), owned(&bystander));
    assert!(before.len() > 11, "{before:?}");
    let password = json!({"password": crate::support::client::PASSWORD});
    member.request("DELETE", "/v1/account").json(&password).send().expect(204);
    assert_eq!(owned(&member), []);
    assert_eq!(owned(&bystander), others);
    bystander.get("/v1/check-ins").expect(200);
}
