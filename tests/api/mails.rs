//! Mails on their way: through a mail server that is away, refuses or takes them, across a crash, sealed.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::client::PASSWORD;
use crate::support::mailbox::MailServer;
use crate::support::{Database, Server, both};

both!(
    a_mail_survives_a_crash_and_a_mail_server_that_is_away,
    a_mail_that_is_refused_is_not_sent_again,
    a_mail_that_waits_is_sealed_and_goes_with_its_account,
);

/// An address where nothing listens.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Lets a server send through the mail server at an address.
pub fn send_through(server: &mut Server, address: &str) {
    server.restart_with(&[
        ("SMTP_URL", &format!("smtp://{address}")),
        ("MAIL_FROM", "Journal <journal@example.org>"),
        ("PUBLIC_URL", "https://journal.example/"),
    ]);
}

/// Waits until something holds.
#[track_caller]
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let from = Instant::now();
    while !holds() {
        assert!(from.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn ask(server: &Server, email: &str) {
    server.anybody().post("/v1/auth/password-reset", &json!({"email": email})).expect(202);
}

fn a_mail_survives_a_crash_and_a_mail_server_that_is_away(server: &mut Server) {
    let email = server.member().email().to_owned();
    let address = free_address();
    send_through(server, &address);
    ask(server, &email);
    until("no try was made", || Database(server).count("mails", "attempts = 1") == 1);
    until("the try is not over", || server.log().contains("will be tried again"));
    server.kill();
    let mail_server = MailServer::start(&address);
    server.restart();
    assert!(mail_server.is_quiet_for(Duration::from_millis(500)), "it is not its turn yet");
    let database = Database(server);
    database.execute(&format!("UPDATE mails SET next_at = {}", database.long_ago())).unwrap();
    let (to, mail) = mail_server.next();
    assert_eq!((to.as_str(), mail.headers["To"].as_str()), (email.as_str(), email.as_str()));
    assert_eq!(mail.headers["From"], "Journal <journal@example.org>");
    assert!(mail.text.contains("https://journal.example/account/reset?token="), "{mail:?}");
    let new = json!({"token": mail.token(), "new_password": "eleven slow rivers in november"});
    server.anybody().post("/v1/auth/password-reset/confirm", &new).expect(204);
    let (to, notice) = mail_server.next();
    assert_eq!((to, notice.subject()), (email.clone(), "Your password was changed"));
    until("it is done with", || Database(server).count("mails", "sealed IS NOT NULL") == 0);
    assert!(mail_server.is_quiet_for(Duration::from_secs(1)), "a mail came twice");
    assert_eq!(Database(server).count("mails", "sent_at IS NOT NULL"), 2);
    assert!(!server.log().contains(&email) && !server.log().contains("@example.org"));
}

fn a_mail_that_is_refused_is_not_sent_again(server: &mut Server) {
    let body = json!({"email": "nobody@example.org", "password": PASSWORD, "time_zone": "UTC"});
    server.anybody().post("/v1/auth/register", &body).expect(201);
    let member = server.member().email().to_owned();
    let address = free_address();
    let mail_server = MailServer::start(&address);
    send_through(server, &address);
    ask(server, "nobody@example.org");
    ask(server, &member);
    assert_eq!(mail_server.next().0, member, "one that cannot be sent holds up nobody");
    until("it is given up", || Database(server).count("mails", "sealed IS NOT NULL") == 0);
    assert_eq!(Database(server).count("mails", "sent_at IS NULL"), 1);
    let log = server.log();
    assert!(log.contains("refused for good") && log.contains("550"), "{log}");
    assert!(!log.contains("nobody@example.org"), "{log}");
}

fn a_mail_that_waits_is_sealed_and_goes_with_its_account(server: &mut Server) {
    let member = server.member();
    send_through(server, &free_address());
    let member = member.at(server.address());
    ask(server, member.email());
    until("no try was made", || Database(server).count("mails", "attempts >= 1") == 1);
    let database = Database(server);
    assert_eq!(database.count("mails", "sealed IS NOT NULL"), 1);
    assert_eq!(database.holding("mails", "sealed", member.email()), 0);
    member.request("DELETE", "/v1/account").json(&json!({"password": PASSWORD})).send().expect(204);
    assert_eq!(database.count("mails", "1 = 1"), 0);
}
