//! What links in mails open: accounts whose address was confirmed, new passwords; and codes that invite.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value as Json, json};

use crate::pages::browser::{Browser, text};
use crate::support::client::PASSWORD;
use crate::support::{Answer, Client, Database, Mailbox, Server, both};

both!(with [("REGISTRATION", "verified")] =>
    an_address_is_confirmed_before_there_is_an_account,
    known_and_unknown_addresses_are_the_same_to_whoever_asks,
    the_page_of_a_link_asks_once_more,
    a_link_that_is_over_opens_nothing,
);
both!(
    a_new_password_is_chosen_by_a_link,
    a_link_is_used_up_with_all_others,
    an_address_gets_few_mails_that_anybody_can_ask_for,
    the_page_of_a_new_password_judges_it,
    a_second_factor_outlives_a_new_password,
    a_new_beginning_ends_what_was_asked_for_before,
);
both!(with [("REGISTRATION", "invite")] => an_account_takes_an_invitation);

const NEW: &str = "eleven slow rivers in november";

fn somebody() -> String {
    format!("{}@example.org", uuid::Uuid::new_v4().simple())
}

fn register(server: &Server, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD, "time_zone": "Europe/Berlin", "display_name": "Ann",
        "device_name": "Phone"});
    server.anybody().post("/v1/auth/register", &body)
}

fn log_in(server: &Server, email: &str, password: &str) -> Answer {
    server.anybody().post("/v1/auth/login", &json!({"email": email, "password": password}))
}

fn confirm(server: &Server, token: &str) -> Answer {
    server.anybody().post("/v1/auth/register/confirm", &json!({"token": token}))
}

fn ask(server: &Server, email: &str) -> Answer {
    server.anybody().post("/v1/auth/password-reset", &json!({"email": email}))
}

fn choose(server: &Server, token: &str, password: &str) -> Answer {
    server
        .anybody()
        .post("/v1/auth/password-reset/confirm", &json!({"token": token, "new_password": password}))
}

fn an_address_is_confirmed_before_there_is_an_account(server: &Server) {
    assert_eq!(server.anybody().get("/v1/meta").json["registration"], "verified");
    let email = somebody();
    assert!(register(server, &email).expect(202).bytes.is_empty());
    let mail = Mailbox(server).only(&email);
    assert_eq!(mail.subject(), "Confirm your address");
    assert_eq!(mail.headers["Auto-Submitted"], "auto-generated");
    for file in Mailbox(server).files() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let database = Database(server);
    assert_eq!(database.count("accounts", "1 = 1"), 0);
    log_in(server, &email, PASSWORD).refused(401, "invalid_credentials");

    let opened = confirm(server, mail.token());
    let member = server.anybody().signed_in(opened.expect(201).json.clone());
    assert_eq!((member.email(), &opened.json["account"]["display_name"]), (email.as_str(), &json!("Ann")));
    assert_eq!(member.get("/v1/auth/sessions").items()[0]["device_name"], "Phone");
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 5})).expect(201);
    assert_eq!(confirm(server, mail.token()).refused(422, "invalid_link").pointers(), ["/token"]);
    log_in(server, &email, PASSWORD).expect(200);
    assert_eq!(database.count("registrations", "1 = 1"), 0);
    assert_eq!(database.count("mails", "sealed IS NOT NULL"), 0, "what a mail said is not kept");
    assert!(!server.log().contains(&email) && !server.log().contains(mail.token()));
}

fn known_and_unknown_addresses_are_the_same_to_whoever_asks(server: &Server) {
    let (known, unknown) = (somebody(), somebody());
    register(server, &known).expect(202);
    confirm(server, Mailbox(server).only(&known).token()).expect(201);
    let database = Database(server);
    let rows = || (database.count("mails", "1 = 1"), database.count("registrations", "1 = 1"));
    let said = |answer: &Answer| (answer.status, answer.bytes.clone(), answer.header_names().join(" "));
    let before = rows();
    let one = said(&register(server, &known.to_uppercase()));
    // Both leave the same behind, until the mail is written.
    assert_eq!(rows(), (before.0 + 1, before.1 + 1));
    let other = said(&register(server, &unknown));
    assert_eq!(rows(), (before.0 + 2, before.1 + 2));
    assert_eq!(one, other);
    assert_eq!(said(&ask(server, &known)), said(&ask(server, &somebody())));
    // A weak password is refused whatever the address.
    for email in [&known, &unknown] {
        let body = json!({"email": email, "password": "password123", "time_zone": "UTC"});
        server.anybody().post("/v1/auth/register", &body).refused(422, "weak_password");
    }
    let told = Mailbox(server).only(&known.to_uppercase());
    assert_eq!(told.subject(), "You have an account already");
    assert!(!told.text.contains("http"), "{told:?}");
    assert_eq!(Mailbox(server).only(&unknown).subject(), "Confirm your address");
    // Two who asked for one address: the first link opens the account, the second cannot open another.
    register(server, &unknown).expect(202);
    let links = Mailbox(server).wait_for(&unknown, 2);
    confirm(server, links[0].token()).expect(201);
    confirm(server, links[1].token()).refused(409, "email_taken");
}

fn the_page_of_a_link_asks_once_more(server: &Server) {
    let email = somebody();
    register(server, &email).expect(202);
    let mail = Mailbox(server).only(&email);
    let mut browser = Browser::new(server);
    for _ in 0..3 {
        // Programs that look at links change nothing.
        let page = text(browser.get(mail.link()).expect(200));
        assert!(page.contains("confirm that this address is yours") && page.contains(mail.token()), "{page}");
    }
    log_in(server, &email, PASSWORD).refused(401, "invalid_credentials");
    let form = [("token", mail.token())];
    assert!(
        text(browser.post_as_it_is("/account/confirm", &form).expect(200)).contains("Your account is open")
    );
    let member = server.anybody().log_in(&email, PASSWORD);
    assert_eq!(member.get("/v1/auth/sessions").items().len(), 1, "the page began no session");
    assert!(
        text(browser.post_as_it_is("/account/confirm", &form).expect(422)).contains("was used, or is over")
    );
    browser.get("/account/confirm?token=%3Cscript%3E").expect(200);
    browser.get("/account/nothing").expect(404);
}

fn a_link_that_is_over_opens_nothing(server: &Server) {
    let (email, database) = (somebody(), Database(server));
    register(server, &email).expect(202);
    let mail = Mailbox(server).only(&email);
    database.execute(&format!("UPDATE registrations SET expires_at = {}", database.long_ago())).unwrap();
    for bad in [mail.token(), "x", &mail.token()[1..], &"A".repeat(43), &"A".repeat(64)] {
        confirm(server, bad).refused(422, "invalid_link");
        choose(server, bad, NEW).refused(422, "invalid_link");
    }
    log_in(server, &email, PASSWORD).refused(401, "invalid_credentials");
    register(server, &somebody()).expect(202);
    assert_eq!(database.count("registrations", "1 = 1"), 1, "those that waited too long are forgotten");
}

/// Asks for a new password and waits for so many mails.
fn token_for(server: &Server, email: &str) -> String {
    let before = Mailbox(server).of(email).len();
    assert!(ask(server, email).expect(202).bytes.is_empty());
    let mails = Mailbox(server).wait_for(email, before + 1);
    let resets = mails.iter().filter(|mail| mail.subject() == "Choose a new password");
    // The newest is the one that no test has seen.
    let tokens: Vec<String> = resets.map(|mail| mail.token().to_owned()).collect();
    tokens.into_iter().next_back().unwrap()
}

fn a_new_password_is_chosen_by_a_link(server: &Server) {
    let member = server.member();
    let other = member.log_in(member.email(), PASSWORD);
    let token = token_for(server, member.email());
    // Asking changes nothing.
    member.get("/v1/account").expect(200);
    other.get("/v1/account").expect(200);
    let refused = choose(server, &token, "password123");
    assert_eq!(refused.refused(422, "weak_password").pointers(), ["/new_password"]);
    let nothing = server.anybody().post("/v1/auth/password-reset/confirm", &json!({}));
    assert_eq!(nothing.refused(422, "validation_failed").pointers(), ["/new_password", "/token"]);

    choose(server, &token, NEW).expect(204);
    for device in [&member, &other] {
        device.get("/v1/account").refused(401, "invalid_token");
        let refresh = json!({"refresh_token": device.refresh_token()});
        server.anybody().post("/v1/auth/refresh", &refresh).refused(401, "invalid_token");
    }
    log_in(server, member.email(), PASSWORD).refused(401, "invalid_credentials");
    let again = server.anybody().log_in(member.email(), NEW);
    choose(server, &token, NEW).refused(422, "invalid_link");
    let told: Vec<String> =
        Mailbox(server).wait_for(member.email(), 2).iter().map(|mail| mail.subject().to_owned()).collect();
    assert_eq!(told, ["Choose a new password", "Your password was changed"]);
    let events = Database(server).lines("SELECT kind AS line FROM security_events");
    assert_eq!(events, ["password_reset"]);
    // The journal is as it was.
    again.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "mood": 5})).expect(201);

    let stranger = somebody();
    ask(server, &stranger).expect(202);
    token_for(server, again.email());
    assert_eq!(Mailbox(server).of(&stranger).len(), 0, "nobody's address gets no mail");
}

fn a_link_is_used_up_with_all_others(server: &Server) {
    let member = server.member();
    let mut tokens = Vec::new();
    for number in 1..=2 {
        ask(server, member.email()).expect(202);
        tokens = Mailbox(server).wait_for(member.email(), number);
    }
    let (first, second) = (tokens[0].token(), tokens[1].token());
    assert_ne!(first, second);
    choose(server, second, NEW).expect(204);
    choose(server, first, NEW).refused(422, "invalid_link");

    // A change by the old password ends them too.
    let member = server.member();
    ask(server, member.email()).expect(202);
    let link = Mailbox(server).only(member.email());
    let change = json!({"current_password": PASSWORD, "new_password": NEW});
    member.post("/v1/auth/password", &change).expect(204);
    choose(server, link.token(), PASSWORD).refused(422, "invalid_link");
    let told = Mailbox(server).wait_for(member.email(), 2);
    assert_eq!(told[1].subject(), "Your password was changed");

    let (one, database) = (server.member(), Database(server));
    ask(server, one.email()).expect(202);
    let link = Mailbox(server).only(one.email());
    database.execute(&format!("UPDATE password_resets SET expires_at = {}", database.long_ago())).unwrap();
    choose(server, link.token(), NEW).refused(422, "invalid_link");
    one.request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
    choose(server, link.token(), NEW).refused(422, "invalid_link");
    for table in ["password_resets", "mails"] {
        let left = if table == "mails" { 5 } else { 0 };
        assert_eq!(database.count(table, "1 = 1"), left, "{table}");
    }
}

fn an_address_gets_few_mails_that_anybody_can_ask_for(server: &Server) {
    let (member, other, database) = (server.member(), server.member(), Database(server));
    for _ in 0..5 {
        ask(server, member.email()).expect(202);
    }
    ask(server, other.email()).expect(202);
    Mailbox(server).only(other.email());
    let done = || database.count("mails", "next_at IS NOT NULL") == 0;
    while !done() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(Mailbox(server).of(member.email()).len(), 3);
    // What happens to the account is told all the same.
    let change = json!({"current_password": PASSWORD, "new_password": NEW});
    member.post("/v1/auth/password", &change).expect(204);
    Mailbox(server).wait_for(member.email(), 4);
}

fn the_page_of_a_new_password_judges_it(server: &Server) {
    let member = server.member();
    ask(server, member.email()).expect(202);
    let mail = Mailbox(server).only(member.email());
    let mut browser = Browser::new(server);
    assert!(text(browser.get(mail.link()).expect(200)).contains("name=\"new_password\""));
    let mut send = |password: &str| {
        browser.post_as_it_is("/account/reset", &[("token", mail.token()), ("new_password", password)])
    };
    for weak in ["", "password123"] {
        let page = send(weak);
        assert!(
            text(page.expect(422)).contains("too short or too easy") && text(&page).contains(mail.token())
        );
    }
    assert!(text(send(NEW).expect(200)).contains("Your new password is set"));
    assert!(text(send(NEW).expect(422)).contains("was used, or is over"));
    server.anybody().log_in(member.email(), NEW);
}

fn a_second_factor_outlives_a_new_password(server: &Server) {
    let member = server.member();
    let codes = crate::second_factor::set_up(&member).1;
    let mails = Mailbox(server).wait_for(member.email(), 1);
    assert_eq!(mails[0].subject(), "Signing in now takes a code");
    ask(server, member.email()).expect(202);
    let mails = Mailbox(server).wait_for(member.email(), 2);
    choose(server, mails[0].token(), NEW).expect(204);
    log_in(server, member.email(), NEW).refused(401, "totp_required");
    let body = json!({"email": member.email(), "password": NEW, "totp_code": codes[0]});
    server.anybody().post("/v1/auth/login", &body).expect(200);
    let subjects: Vec<String> =
        Mailbox(server).wait_for(member.email(), 4).iter().map(|mail| mail.subject().to_owned()).collect();
    assert!(subjects.contains(&"A recovery code was used".to_owned()), "{subjects:?}");
}

fn a_new_beginning_ends_what_was_asked_for_before(server: &Server) {
    let member = server.member();
    ask(server, member.email()).expect(202);
    let link = Mailbox(server).only(member.email());
    member.request("POST", "/v1/auth/totp").send().expect(200);
    assert!(server.run(&["invite", "ann@example.org"]).status.success());
    let done = server.run(&["restore", "--new-epochs"]);
    assert!(done.status.success(), "{done:?}");
    choose(server, link.token(), NEW).refused(422, "invalid_link");
    for table in ["admissions", "mails", "password_resets", "registrations", "second_factors"] {
        assert_eq!(Database(server).count(table, "1 = 1"), 0, "{table}");
    }
    // A second factor that counts stays.
    let member = server.anybody().log_in(member.email(), PASSWORD);
    crate::second_factor::set_up(&member);
    assert!(server.run(&["restore", "--new-epochs"]).status.success());
    log_in(server, member.email(), PASSWORD).refused(401, "totp_required");
}

fn an_account_takes_an_invitation(server: &Server) {
    assert_eq!(server.anybody().get("/v1/meta").json["registration"], "invite");
    let (email, other) = (somebody(), somebody());
    let invite = |email: &str| {
        let output = server.run(&["invite", email]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (code, others) = (invite(&email), invite(&other));
    let register = |email: &str, code: Json| {
        let body = json!({"email": email, "password": PASSWORD, "time_zone": "UTC", "invitation_code": code});
        server.anybody().post("/v1/auth/register", &body)
    };
    let without = register(&email, Json::Null);
    assert_eq!(without.refused(422, "validation_failed").pointers(), ["/invitation_code"]);
    for bad in [others.as_str(), "k7fm-3qpd-x6wr-2hnv", "x"] {
        register(&email, json!(bad)).refused(422, "invalid_invitation");
    }
    let opened = register(&email.to_uppercase(), json!(code.to_uppercase()));
    let member: Client = server.anybody().signed_in(opened.expect(201).json.clone());
    member.get("/v1/account").expect(200);
    register(&email, json!(code)).refused(422, "invalid_invitation");
    // A code for an address that has an account.
    register(&email, json!(invite(&email))).refused(409, "email_taken");
    let database = Database(server);
    database.execute(&format!("UPDATE admissions SET expires_at = {}", database.long_ago())).unwrap();
    register(&other, json!(others)).refused(422, "invalid_invitation");
    for bad in [&["invite"][..], &["invite", "nobody"], &["invite", "a@b", "--days", "0"]] {
        assert!(!server.run(bad).status.success(), "{bad:?}");
    }
}
