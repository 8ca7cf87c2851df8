//! Words at rest: none of them is in the database, its log or the server's log, and a sealed word is good in
//! its own place only.

use std::fs;

use serde_json::{Value as Json, json};

use crate::schema::PUBLIC;
use crate::support::{Client, Database, Mailbox, Server, both, collections};

both!(
    no_word_is_in_what_could_be_stolen,
    a_sealed_word_is_good_in_its_place_only,
    an_erased_account_leaves_nothing
);

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
        for _ in 0..10 {
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
    assert_eq!(wordless, ["/v1/assessments", "/v1/goals"], "collections without a word");
    (member, canaries)
}

fn no_word_is_in_what_could_be_stolen(server: &mut Server) {
    let (_, canaries) = write_words(server);
    assert!(canaries.len() > 300, "only {} phrases", canaries.len());
    let mut stolen: Vec<(String, Vec<u8>)> = Vec::new();
    if !Database(server).is_sqlite() {
        for table in Database(server).tables() {
            // Bytes show as hexadecimal digits; they are looked through both ways.
            let rows = Database(server).lines(&format!("SELECT t::text AS line FROM {table} t")).join("\n");
            stolen.push((format!("{table}, bytes"), unhex(&rows)));
            stolen.push((table, rows.into_bytes()));
        }
    }
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

fn a_sealed_word_is_good_in_its_place_only(server: &Server) {
    let database = Database(server);
    let (member, other) = (server.member(), server.member());
    let note = |member: &Client, text: &str| {
        let body = json!({"local_date": "2025-03-04", "note": text, "intention": "another word"});
        member.post("/v1/check-ins", &body).expect(201).id().to_owned()
    };
    let (one, two) = (note(&member, "the first one's"), note(&member, "the second one's"));
    let foreign = note(&other, "somebody else's");
    let read = |id: &str| member.request("GET", &format!("/v1/check-ins/{id}")).try_send().unwrap();
    assert_eq!(read(&one).json["note"], "the first one's");
    for (what, source) in [
        ("another record", format!("(SELECT b.note FROM check_ins b WHERE b.id = {})", database.id(&two))),
        (
            "another account",
            format!("(SELECT b.note FROM check_ins b WHERE b.id = {})", database.id(&foreign)),
        ),
        ("another column", "intention".to_owned()),
    ] {
        let victim = note(&member, "a word");
        let swap = format!("UPDATE check_ins SET note = {source} WHERE id = {}", database.id(&victim));
        database.execute(&swap).unwrap();
        let answer = read(&victim);
        // An error, never a wrong text.
        assert_eq!(
            (answer.status, answer.json["code"].as_str()),
            (500, Some("internal")),
            "{what}: {answer:?}"
        );
        for word in ["the second one's", "somebody else's", "another word"] {
            assert!(!String::from_utf8_lossy(&answer.bytes).contains(word), "{what}: {answer:?}");
        }
    }
    assert_eq!(read(&two).json["note"], "the second one's");
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
