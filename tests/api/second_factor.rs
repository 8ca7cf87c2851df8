//! `/v1/auth/totp`: setting a second factor up, signing in with it, codes on paper, taking it away.

use std::thread;
use std::time::{Duration, SystemTime};

use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value as Json, json};

use crate::pages::browser::{Browser, text};
use crate::support::client::PASSWORD;
use crate::support::{Answer, Client, Database, Mailbox, Server, both};

both!(
    it_waits_for_its_first_code,
    every_sign_in_needs_a_code_that_was_not_used,
    a_code_on_paper_is_good_once,
    it_is_removed_with_password_and_code,
    a_device_that_signed_in_long_ago_gives_the_password,
    pages_ask_for_it_too,
    an_operator_takes_it_away_for_who_has_lost_it,
);
both!(with [("THROTTLE", "on")] => wrong_codes_count_as_wrong_passwords);

/// An authenticator, as anybody could write one.
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// One that was given this secret.
    pub fn of(secret: &str) -> Self {
        let place = |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|b| *b == c).unwrap();
        let bits: Vec<String> = secret.bytes().map(|c| format!("{:05b}", place(c))).collect();
        let byte = |eight: &[u8]| u8::from_str_radix(std::str::from_utf8(eight).unwrap(), 2).unwrap();
        Self(bits.concat().as_bytes().chunks_exact(8).map(byte).collect())
    }

    /// The code of so many steps from now.
    pub fn code(&self, from_now: i64) -> String {
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&(unix_time() / 30 + from_now).to_be_bytes());
        let mac = mac.finalize().into_bytes();
        let at = usize::from(mac[19] & 15);
        let number = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

fn unix_time() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// Waits until a step has so much time left that a test is done in it.
fn early_in_a_step() {
    let left = 30 - unix_time() % 30;
    if left < 15 {
        thread::sleep(Duration::from_secs(u64::try_from(left).unwrap()));
    }
}

/// Sets a second factor up, which takes the code of the step before this one; answers the codes on paper.
pub fn set_up(member: &Client) -> (Authenticator, Vec<String>) {
    early_in_a_step();
    let begun = member.request("POST", "/v1/auth/totp").send();
    let authenticator = Authenticator::of(begun.expect(200).json["secret"].as_str().unwrap());
    let confirmed = member.post("/v1/auth/totp/confirm", &json!({"code": authenticator.code(-1)}));
    let codes = confirmed.expect(200).json["recovery_codes"].as_array().unwrap();
    (authenticator, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// Signs in, with a code or without.
pub fn log_in(member: &Client, code: Option<&str>) -> Answer {
    member.post("/v1/auth/login", &json!({"email": member.email(), "password": PASSWORD, "totp_code": code}))
}

fn events(server: &Server) -> Vec<String> {
    Database(server).lines("SELECT kind AS line FROM security_events ORDER BY event_id")
}

fn it_waits_for_its_first_code(server: &Server) {
    let member = server.member();
    let state = |active: bool, left: usize| json!({"active": active, "recovery_codes_left": left});
    assert_eq!(member.get("/v1/auth/totp").expect(200).json, state(false, 0));
    member.post("/v1/auth/totp/confirm", &json!({"code": "123456"})).refused(404, "not_found");

    early_in_a_step();
    let first = member.post("/v1/auth/totp", &json!({})).expect(200).json.clone();
    let uri = first["otpauth_uri"].as_str().unwrap();
    assert!(uri.contains(first["secret"].as_str().unwrap()) && uri.contains(member.email()), "{uri}");
    assert!(!uri.to_lowercase().contains("recover"), "it says what it is for: {uri}");
    assert_eq!(member.get("/v1/auth/totp").json, state(false, 0));
    log_in(&member, None).expect(200);
    let second = member.post("/v1/auth/totp", &json!({"password": PASSWORD})).expect(200).json.clone();
    assert_ne!(first["secret"], second["secret"]);
    let wrong = member.post("/v1/auth/totp", &json!({"password": "not the right one"}));
    assert_eq!(wrong.refused(422, "wrong_password").pointers(), ["/password"]);

    let (old, new) =
        (Authenticator::of(first["secret"].as_str().unwrap()), second["secret"].as_str().unwrap());
    let confirm = |code: &str| member.post("/v1/auth/totp/confirm", &json!({"code": code}));
    for bad in [old.code(0), Authenticator::of(new).code(9), "x".to_owned(), "k7fm-3qpd-x6wr-2hnv".to_owned()]
    {
        assert_eq!(confirm(&bad).refused(422, "wrong_code").pointers(), ["/code"], "{bad}");
    }
    let confirmed = confirm(&Authenticator::of(new).code(0));
    assert_eq!(confirmed.expect(200).json["recovery_codes"].as_array().map(Vec::len), Some(10));
    assert_eq!(member.get("/v1/auth/totp").json, state(true, 10));
    member.post("/v1/auth/totp", &json!({})).refused(409, "totp_active");
    confirm(&Authenticator::of(new).code(1)).refused(409, "totp_active");
    member.get("/v1/account").expect(200);
    assert_eq!(events(server), ["second_factor_on"]);

    let (database, codes) = (Database(server), confirmed.json["recovery_codes"].clone());
    for (table, column) in [("second_factors", "secret"), ("recovery_codes", "code_hash")] {
        for secret in codes.as_array().unwrap().iter().chain([&second["secret"]]) {
            assert_eq!(database.holding(table, column, secret.as_str().unwrap()), 0, "{secret} in {table}");
        }
    }
}

fn every_sign_in_needs_a_code_that_was_not_used(server: &Server) {
    let member = server.member();
    let (authenticator, _) = set_up(&member);
    let challenge = log_in(&member, None);
    let challenge = challenge.refused(401, "totp_required").header("www-authenticate");
    assert!(challenge.is_some_and(|challenge| challenge.starts_with("Bearer")));
    log_in(&member, Some(&authenticator.code(-1))).refused(401, "invalid_totp");
    log_in(&member, Some(&authenticator.code(9))).refused(401, "invalid_totp");
    // Who does not know the password does not learn that there is a second factor.
    let wrong = json!({"email": member.email(), "password": "not the right one", "totp_code": "123456"});
    server.anybody().post("/v1/auth/login", &wrong).refused(401, "invalid_credentials");

    // One code, many at once: one of them is in.
    let code = authenticator.code(0);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let tries: Vec<_> = (0..6).map(|_| scope.spawn(|| log_in(&member, Some(&code)))).collect();
        let all = tries.into_iter().map(|one| one.join().unwrap());
        all.filter(|answer| answer.status != 503).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(401, "invalid_totp");
    }
    log_in(&member, Some(&authenticator.code(1))).expect(200);
    // An earlier one than the last is used up too.
    log_in(&member, Some(&code)).refused(401, "invalid_totp");
    // Tokens are exchanged without a code.
    let refreshed = json!({"refresh_token": member.refresh_token()});
    server.anybody().post("/v1/auth/refresh", &refreshed).expect(200);
    // An account without one takes no notice of a code.
    log_in(&server.member(), Some("123456")).expect(200);
}

fn a_code_on_paper_is_good_once(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let ((_, codes), (_, others)) = (set_up(&member), set_up(&other));
    let distinct: std::collections::BTreeSet<&String> = codes.iter().chain(&others).collect();
    assert_eq!(distinct.len(), 20);
    log_in(&member, Some(&others[0])).refused(401, "invalid_totp");
    log_in(&member, Some(&codes[0].to_uppercase().replace('-', " "))).expect(200);
    log_in(&member, Some(&codes[0])).refused(401, "invalid_totp");
    assert_eq!(member.get("/v1/auth/totp").json["recovery_codes_left"], 9);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let tries: Vec<_> = (0..5).map(|_| scope.spawn(|| log_in(&member, Some(&codes[1])))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    assert_eq!(events(server).iter().filter(|kind| *kind == "recovery_code_used").count(), 2);
}

fn it_is_removed_with_password_and_code(server: &Server) {
    let member = server.member();
    let remove = |body: &Json| member.request("DELETE", "/v1/auth/totp").json(body).send();
    remove(&json!({"password": PASSWORD})).refused(404, "not_found");
    member.request("POST", "/v1/auth/totp").send().expect(200);
    remove(&json!({"password": "not the right one"})).refused(422, "wrong_password");
    remove(&json!({"password": PASSWORD})).expect(204);

    let (authenticator, codes) = set_up(&member);
    for body in [json!({"password": PASSWORD}), json!({"password": PASSWORD, "code": authenticator.code(-1)})]
    {
        assert_eq!(remove(&body).refused(422, "wrong_code").pointers(), ["/code"], "{body}");
    }
    let body = json!({"password": "not the right one", "code": codes[0]});
    assert_eq!(remove(&body).refused(422, "wrong_password").pointers(), ["/password"]);
    log_in(&member, None).refused(401, "totp_required");
    remove(&json!({"password": PASSWORD, "code": authenticator.code(0)})).expect(204);
    log_in(&member, None).expect(200);
    assert_eq!(member.get("/v1/auth/totp").json, json!({"active": false, "recovery_codes_left": 0}));
    assert_eq!(Database(server).count("recovery_codes", "1 = 1"), 0);

    let (_, codes) = set_up(&member);
    remove(&json!({"password": PASSWORD, "code": codes[9]})).expect(204);
    set_up(&member);
    member.request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
    for table in ["second_factors", "recovery_codes"] {
        assert_eq!(Database(server).count(table, "1 = 1"), 0, "{table}");
    }
}

fn a_device_that_signed_in_long_ago_gives_the_password(server: &Server) {
    let (member, database) = (server.member(), Database(server));
    let back =
        if database.is_sqlite() { "created_at - 601000000" } else { "created_at - interval '601 seconds'" };
    database.execute(&format!("UPDATE login_sessions SET created_at = {back}")).unwrap();
    let refused = member.request("POST", "/v1/auth/totp").send();
    assert_eq!(refused.refused(422, "wrong_password").pointers(), ["/password"]);
    member.post("/v1/auth/totp", &json!({"password": PASSWORD})).expect(200);
}

fn pages_ask_for_it_too(server: &Server) {
    let counselor = server.counselor();
    let (authenticator, codes) = set_up(&counselor);
    let mut browser = Browser::new(server);
    browser.get("/counselor/sign-in").expect(200);
    let asked = browser.sign_in(counselor.email(), PASSWORD);
    assert!(text(asked.expect(401)).contains("asks for a code of its authenticator"));
    let wrong = browser.sign_in_with(counselor.email(), PASSWORD, &authenticator.code(-1));
    assert!(text(wrong.expect(401)).contains("The code is not right"));
    browser.get("/counselor").expect(303);
    browser.sign_in_with(counselor.email(), PASSWORD, &authenticator.code(0)).expect(303);
    browser.get("/counselor").expect(200);
    let mut other = Browser::new(server);
    other.get("/counselor/sign-in").expect(200);
    other.sign_in_with(counselor.email(), PASSWORD, &codes[3]).expect(303);
}

fn an_operator_takes_it_away_for_who_has_lost_it(server: &Server) {
    let member = server.member();
    let remove = |email: &str| server.run(&["remove-second-factor", email]);
    for nobody in [member.email(), "nobody@example.org"] {
        assert!(!remove(nobody).status.success(), "{nobody}");
    }
    set_up(&member);
    log_in(&member, None).refused(401, "totp_required");
    let done = remove(&member.email().to_uppercase());
    assert!(done.status.success(), "{done:?}");
    log_in(&member, None).expect(200);
    assert_eq!(events(server), ["second_factor_on", "second_factor_off"]);
    let told = Mailbox(server).only(&member.email().to_uppercase());
    assert_eq!(told.subject(), "Signing in no longer takes a code");
}

fn wrong_codes_count_as_wrong_passwords(server: &Server) {
    let member = server.member();
    let (_, codes) = set_up(&member);
    for _ in 0..5 {
        log_in(&member, Some("k7fm-3qpd-x6wr-2hnv")).refused(401, "invalid_totp");
    }
    log_in(&member, Some(&codes[0])).refused(429, "too_many_requests");
    member.get("/v1/account").expect(200);
    thread::sleep(Duration::from_millis(1_100));
    log_in(&member, Some(&codes[0])).expect(200);
    // Forgotten by the success.
    for _ in 0..5 {
        log_in(&member, None).refused(401, "totp_required");
    }
}
