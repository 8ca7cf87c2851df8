//! Coming in, staying, and going out: cookies, forms, time.

use recovery_journal::auth::tickets;
use recovery_journal::db::seal::Keyring;
use recovery_journal::db::types::Time;

use super::browser::{Browser, text};
use crate::support::client::PASSWORD;
use crate::support::{Server, both};

both!(
    nobody_gets_in_without_signing_in,
    a_wrong_password_and_an_unknown_address_read_the_same,
    the_cookie_is_for_tls_unless_the_browser_is_here,
    a_form_needs_the_mark_of_its_own_browser,
    half_an_hour_without_a_page_ends_the_session,
    signing_out_ends_the_session_and_not_the_cookie_alone,
    a_session_of_pages_is_one_of_the_devices,
    a_ticket_and_a_token_do_not_open_each_others_doors,
    the_style_sheet_is_kept_for_good,
);

both!(with [("THROTTLE", "on")] => tries_at_the_door_are_counted_as_the_api_counts_them);

const PAGES: [&str; 6] = [
    "/counselor",
    "/counselor/",
    "/counselor/clients/3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55",
    "/counselor/clients/3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55/brief",
    "/counselor/preview/3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55",
    "/counselor/preview/3f2b7a1c-9e10-4c0e-9d8e-5f0c3a526a55/brief",
];

fn nobody_gets_in_without_signing_in(server: &Server) {
    let mut browser = Browser::new(server);
    for page in PAGES {
        let led = browser.get(page);
        assert_eq!((led.status, led.header("location")), (303, Some("/counselor/sign-in")), "{led:?}");
    }
    let door = browser.get("/counselor/sign-in");
    assert!(text(door.expect(200)).contains("<h1>Welcome</h1>"));
    browser.cookie = Some(("journal".to_owned(), "forged".to_owned()));
    assert_eq!(browser.get("/counselor").header("location"), Some("/counselor/sign-in"));
    for nothing in ["/counselor/nothing", "/counselor/style/old.css", "/counselor/clients"] {
        assert!(text(browser.get(nothing).expect(404)).contains("<h1>Nothing here</h1>"));
    }
    // A way that a path does not take is a page too.
    browser.post("/counselor", &[]).expect(404);
}

fn a_wrong_password_and_an_unknown_address_read_the_same(server: &Server) {
    let counselor = server.counselor();
    let mut browser = Browser::new(server);
    browser.get("/counselor/sign-in").expect(200);
    let mut said = Vec::new();
    for (email, password) in [
        (counselor.email(), "not the password at all"),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        (counselor.email(), ""),
    ] {
        let refused = browser.sign_in(email, password);
        assert!([401, 422].contains(&refused.status), "{refused:?}");
        said.push(
            text(&refused).split("role=\"alert\">").nth(1).unwrap().split('<').next().unwrap().to_owned(),
        );
    }
    said.dedup();
    assert_eq!(said, ["The e-mail address and password do not match."]);
    assert_eq!(browser.sign_in(counselor.email(), PASSWORD).status, 303);
    let led = browser.get("/counselor/sign-in");
    assert_eq!((led.status, led.header("location")), (303, Some("/counselor")), "is in already");
}

fn the_cookie_is_for_tls_unless_the_browser_is_here(server: &Server) {
    let mut browser = Browser::new(server);
    browser.get("/counselor/sign-in").expect(200);
    assert_eq!(browser.cookie.clone().unwrap().0, "journal");
    assert!(!browser.attributes.contains(&"Secure".to_owned()));
    for header in [
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9"),
        ("Host", "journal.example"),
    ] {
        let mut browser = Browser::new(server);
        browser.headers = vec![(header.0, header.1.to_owned())];
        browser.get("/counselor/sign-in").expect(200);
        assert_eq!(browser.cookie.clone().unwrap().0, "__Host-journal", "{header:?}");
        assert!(browser.attributes.contains(&"Secure".to_owned()), "{header:?}");
    }
}

fn a_form_needs_the_mark_of_its_own_browser(server: &Server) {
    let counselor = server.counselor();
    let members = [("email", counselor.email()), ("password", PASSWORD)];
    let mut other = Browser::new(server);
    other.get("/counselor/sign-in").expect(200);
    let mut browser = Browser::new(server);
    assert!(
        text(browser.post("/counselor/sign-in", &members).expect(400)).contains("did not keep our cookie")
    );
    browser.get("/counselor/sign-in").expect(200);
    browser.post_as_it_is("/counselor/sign-in", &members).expect(400);
    let own = browser.cookie.clone();
    browser.cookie.clone_from(&other.cookie);
    browser.post("/counselor/sign-in", &members).expect(400);
    browser.cookie = own;
    browser.headers = vec![("Sec-Fetch-Site", "cross-site".to_owned())];
    browser.post("/counselor/sign-in", &members).expect(400);
    browser.headers = vec![("Sec-Fetch-Site", "same-origin".to_owned())];
    browser.get("/counselor/sign-in").expect(200);
    browser.post("/counselor/sign-in", &members).expect(303);
    // The mark from before the sign-in is not good inside.
    browser.post("/counselor/sign-out", &[]).expect(400);
    browser.get("/counselor").expect(200);
    browser.post_as_it_is("/counselor/sign-out", &[("mark", "guess")]).expect(400);
    browser.get("/counselor").expect(200);
    browser.post("/counselor/sign-out", &[]).expect(303);
}

fn half_an_hour_without_a_page_ends_the_session(server: &Server) {
    let counselor = server.counselor();
    let keyring = Keyring::load(&server.directory().join("master.key")).unwrap();
    let mut browser = Browser::signed_in(server, &counselor);
    let fresh = browser.cookie.clone().unwrap();
    let (bearer, until) = tickets::read(keyring.page_session(), &fresh.1).unwrap();
    let now: Time = recovery_journal::clock::now().into();
    let left = until - now.utc().timestamp();
    assert!((1_790..=1_800).contains(&left), "{left} seconds");
    let ending_in = |seconds| {
        let ticket = tickets::written(keyring.page_session(), bearer, now.plus_seconds(seconds));
        Some((fresh.0.clone(), ticket))
    };
    browser.cookie = ending_in(30);
    browser.get("/counselor").expect(200);
    let renewed = tickets::read(keyring.page_session(), &browser.cookie.clone().unwrap().1).unwrap().1;
    assert!(renewed - now.utc().timestamp() >= 1_790, "each page renews it");
    browser.cookie = ending_in(-1);
    let led = browser.get("/counselor");
    assert_eq!((led.status, led.header("location")), (303, Some("/counselor/sign-in?ended")), "{led:?}");
    assert_eq!(browser.cookie, None);
    assert!(text(browser.get("/counselor/sign-in?ended").expect(200)).contains("left alone"));
    browser.cookie = Some(fresh);
    assert_eq!(browser.get("/counselor").status, 303, "the session itself has ended");
}

fn signing_out_ends_the_session_and_not_the_cookie_alone(server: &Server) {
    let counselor = server.counselor();
    let mut browser = Browser::signed_in(server, &counselor);
    let kept = browser.cookie.clone();
    let out = browser.post("/counselor/sign-out", &[]);
    assert_eq!((out.status, out.header("location")), (303, Some("/counselor/sign-in?out")), "{out:?}");
    assert_eq!(browser.cookie, None);
    browser.cookie = kept;
    assert_eq!(browser.get("/counselor").header("location"), Some("/counselor/sign-in?ended"));
}

fn a_session_of_pages_is_one_of_the_devices(server: &Server) {
    let counselor = server.counselor();
    let mut browser = Browser::signed_in(server, &counselor);
    let sessions = counselor.get("/v1/auth/sessions");
    let pages = sessions.items().iter().find(|session| session["device_name"] == "Pages in a browser");
    let id = pages.expect("a session of pages")["id"].as_str().unwrap().to_owned();
    counselor.delete(&format!("/v1/auth/sessions/{id}")).expect(204);
    assert_eq!(browser.get("/counselor").header("location"), Some("/counselor/sign-in?ended"));
}

fn a_ticket_and_a_token_do_not_open_each_others_doors(server: &Server) {
    let counselor = server.counselor();
    let browser = Browser::signed_in(server, &counselor);
    let ticket = browser.cookie.clone().unwrap().1;
    counselor.with_token(&ticket).get("/v1/clients").refused(401, "invalid_token");
    let member = server.member();
    let mut at_stream = Browser::new(server);
    let for_stream = member.request("POST", "/v1/sync/tickets").send();
    for text in [counselor.token.clone(), for_stream.json["ticket"].as_str().map(str::to_owned)] {
        at_stream.cookie = Some(("journal".to_owned(), text.unwrap()));
        assert_eq!(at_stream.get("/counselor").header("location"), Some("/counselor/sign-in"));
    }
}

fn the_style_sheet_is_kept_for_good(server: &Server) {
    let mut browser = Browser::new(server);
    let door = text(&browser.get("/counselor/sign-in"));
    let address = door.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let sheet = browser.get(address);
    assert_eq!(sheet.expect(200).header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert!(text(&sheet).contains("prefers-color-scheme: dark"));
}

fn tries_at_the_door_are_counted_as_the_api_counts_them(server: &Server) {
    let counselor = server.counselor();
    let mut browser = Browser::new(server);
    browser.get("/counselor/sign-in").expect(200);
    for _ in 0..5 {
        browser.sign_in(counselor.email(), "not the password at all").expect(401);
    }
    let body = serde_json::json!({"email": counselor.email(), "password": "not the password at all"});
    // The next failure makes both doors wait.
    browser.sign_in(counselor.email(), "not the password at all");
    server.anybody().post("/v1/auth/login", &body).refused(429, "too_many_requests");
    let slow = browser.sign_in(counselor.email(), PASSWORD);
    assert!(slow.status == 429 && slow.header("retry-after").is_some(), "{slow:?}");
    assert!(text(&slow).contains("Too many tries"));
}
