//! How fast somebody may try to sign in: with throttling on, as it is outside of tests.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::client::PASSWORD;
use crate::support::{Answer, Database, Server, both};

both!(with [("THROTTLE", "on")] =>
    wrong_passwords_slow_their_address_down,
    a_stranger_who_guesses_keeps_nobody_from_their_own_account,
    a_flood_from_one_address_is_stopped,
    a_wait_outlives_a_restart,
);

both!(with [("THROTTLE", "on"), ("TRUSTED_PROXIES", "127.0.0.0/8")] => a_trusted_proxy_says_who_calls);

fn try_in(server: &Server, email: &str, password: &str) -> Answer {
    server.anybody().post("/v1/auth/login", &json!({"email": email, "password": password}))
}

#[track_caller]
fn assert_slowed_down(answer: &Answer, least: u64) {
    answer.refused(429, "too_many_requests");
    let wait: u64 =
        answer.header("retry-after").and_then(|text| text.parse().ok()).expect("Retry-After in seconds");
    assert!((least..=900).contains(&wait), "{answer:?}");
    assert!(
        answer.header("ratelimit").is_some() && answer.header("ratelimit-policy").is_some(),
        "{answer:?}"
    );
}

fn wrong_passwords_slow_their_address_down(server: &Server) {
    let member = server.member();
    let other = server.member();
    for email in [member.email(), "nobody@example.org"] {
        for _ in 0..5 {
            try_in(server, email, "not the right one").refused(401, "invalid_credentials");
        }
        // The sixth has to wait a second; it is wrong too, and the next one has to wait two.
        thread::sleep(Duration::from_millis(1_100));
        try_in(server, email, "not the right one").refused(401, "invalid_credentials");
        // Known address or not, right password or not.
        assert_slowed_down(&try_in(server, email, "not the right one"), 1);
        assert_slowed_down(&try_in(server, &email.to_uppercase(), PASSWORD), 1);
    }
    // Sessions that live go on, and others sign in as before.
    member.get("/v1/account").expect(200);
    let refresh = json!({"refresh_token": member.refresh_token()});
    server.anybody().post("/v1/auth/refresh", &refresh).expect(200);
    try_in(server, other.email(), PASSWORD).expect(200);
    // After the wait the right password is good, and all is forgotten.
    thread::sleep(Duration::from_millis(2_100));
    try_in(server, member.email(), PASSWORD).expect(200);
    for _ in 0..5 {
        try_in(server, member.email(), "not the right one").refused(401, "invalid_credentials");
    }
}

fn a_stranger_who_guesses_keeps_nobody_from_their_own_account(server: &Server) {
    let (member, new) = (server.member(), "eleven slow rivers in november");
    let guess = || {
        // Until the address has to wait longer than this test takes.
        while try_in(server, member.email(), "not the right one").status != 429 {}
    };
    guess();
    // Who is signed in sets a second factor up, changes the password, leaves.
    member.post("/v1/auth/totp", &json!({"password": PASSWORD})).expect(200);
    let change = |current: &str| {
        member.post("/v1/auth/password", &json!({"current_password": current, "new_password": new}))
    };
    for _ in 0..5 {
        change("not the right one").refused(422, "wrong_password");
    }
    // Their own tries are as few as anybody's.
    thread::sleep(Duration::from_millis(1_100));
    change("not the right one").refused(422, "wrong_password");
    assert_slowed_down(&change(PASSWORD), 1);
    thread::sleep(Duration::from_millis(2_100));
    change(PASSWORD).expect(204);
    guess();
    member.request("DELETE", "/v1/account").json(&json!({"password": new})).send().expect(204);
    assert_eq!(Database(server).count("login_failures", "1 = 1"), 0, "nothing of it is left");
}

fn a_flood_from_one_address_is_stopped(server: &Server) {
    let flood = |forwarded: &str| -> Option<Answer> {
        let one = || {
            let request =
                server.anybody().request("POST", "/v1/auth/refresh").header("X-Forwarded-For", forwarded);
            request.json(&json!({"refresh_token": "x"})).send()
        };
        (0..200).map(|_| one()).find(|answer| answer.status == 429)
    };
    let stopped = flood("192.0.2.1").expect("nobody may try for ever");
    assert_slowed_down(&stopped, 1);
    // Another address in the header is not another caller: nobody said that a proxy is trusted.
    let mut other =
        server.anybody().request("POST", "/v1/auth/login").header("X-Forwarded-For", "198.51.100.7");
    other = other.json(&json!({"email": "a@example.org", "password": "x"}));
    assert_eq!(other.send().status, 429);
    server.anybody().get("/v1/catalogue").expect(200);
}

fn a_trusted_proxy_says_who_calls(server: &Server) {
    let from = |forwarded: &str| {
        let request =
            server.anybody().request("POST", "/v1/auth/refresh").header("X-Forwarded-For", forwarded);
        request.json(&json!({"refresh_token": "x"})).send().status
    };
    assert!((0..200).any(|_| from("192.0.2.1") == 429), "nobody may try for ever");
    assert_eq!(from("198.51.100.7"), 401, "another caller");
    assert_eq!(from("198.51.100.7, 192.0.2.1"), 429, "what the caller wrote itself is not believed");
}

fn a_wait_outlives_a_restart(server: &mut Server) {
    let member = server.member();
    for _ in 0..5 {
        try_in(server, member.email(), "not the right one").refused(401, "invalid_credentials");
    }
    // Three tries, each after the wait before it (1, 2 and 4 s), make the next one 8 s: long enough to see
    // it behind a restart.
    for seconds in [1, 2, 4] {
        thread::sleep(Duration::from_millis(1_000 * seconds + 100));
        try_in(server, member.email(), "not the right one").refused(401, "invalid_credentials");
    }
    server.restart();
    assert_slowed_down(&try_in(server, member.email(), PASSWORD), 1);
    member.at(server.address()).get("/v1/account").expect(200);
}
