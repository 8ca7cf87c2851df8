//! The server over TLS: both versions of HTTP, what every answer says there, what files it refuses, and how it takes
//! a new certificate. (How it treats slow clients is in `slow`.)

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::support::server::program;
use crate::support::wire::{Line, certificate, exchange, status};
use crate::support::{Engine, Server};

/// A server with a certificate.
pub fn over_tls(chain: &Path, key: &Path) -> Server {
    let settings = [("TLS_CERT_FILE", chain.to_str().unwrap()), ("TLS_KEY_FILE", key.to_str().unwrap())];
    Server::start(Engine::sqlite(), &settings)
}

fn ask(server: &Server, path: &str) -> String {
    let mut line = Line::tls(server, "http/1.1");
    line.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
    line.answer().to_lowercase()
}

#[test]
fn every_answer_says_never_to_come_without_it() {
    let mut server = over_tls(&certificate("one.pem"), &certificate("one.key.pem"));
    assert_eq!(server.greeting.last().unwrap(), &format!("listening on https://{}", server.address()));
    for (path, wanted) in [("/livez", 200), ("/nothing", 404), ("/v1/account", 401), ("/bad path", 400)] {
        let answer = ask(&server, path);
        assert_eq!(status(&answer), wanted, "{answer}");
        assert!(answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{answer}");
    }
    // Who speaks without TLS hears nothing of the kind, nor anything else of use.
    let plain = exchange(&server, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", Duration::from_secs(1));
    assert!(!plain.contains("HTTP/"), "{plain}");
    // Connections that stay open do not hold up the end, of either version.
    let idle = [Line::tls(&server, "http/1.1"), Line::tls(&server, "h2")];
    for mut line in idle {
        line.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap_or_default();
        thread::spawn(move || line.rest());
    }
    thread::sleep(Duration::from_millis(300));
    let from = Instant::now();
    assert!(server.terminate().success());
    assert!(from.elapsed() < Duration::from_secs(8), "{:?}", from.elapsed());
}

#[test]
fn http_2_is_spoken_with_who_asks_for_it() {
    let server = over_tls(&certificate("one.pem"), &certificate("one.key.pem"));
    let body =
        r#"{"email":"h2@example.org","password":"seven quiet mornings by the lake","time_zone":"UTC"}"#;
    let run = |arguments: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--http2", "--cacert"]).arg(certificate("ca.pem"));
        curl.args(["-w", "\n%{http_version} %{http_code}"]).args(arguments).output()
    };
    let url = |path: &str| format!("https://{}{path}", server.address());
    let Ok(answer) = run(&[&url("/livez")]) else {
        eprintln!("HTTP/2 was NOT tested: curl is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    assert!(said.ends_with("\n2 200"), "{said} {}", String::from_utf8_lossy(&answer.stderr));
    let register = url("/v1/auth/register");
    let json = ["-H", "content-type: application/json", "-d", body, &register];
    let registered = run(&json).unwrap();
    let said = String::from_utf8_lossy(&registered.stdout).into_owned();
    assert!(said.contains("access_token") && said.ends_with("\n2 201"), "{said}");
    // A large answer, and several at once on one connection.
    let catalogue = url("/v1/catalogue");
    let many = run(&["-Z", "-o", "/dev/null", &catalogue, "-o", "/dev/null", &catalogue]).unwrap();
    let said = String::from_utf8_lossy(&many.stdout).into_owned();
    assert_eq!(said.matches("2 200").count(), 2, "{said} {}", String::from_utf8_lossy(&many.stderr));
}

#[test]
fn a_new_certificate_is_taken_without_a_restart_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let put = |name: &str| {
        fs::copy(certificate(&format!("{name}.pem")), &chain).unwrap();
        fs::copy(certificate(&format!("{name}.key.pem")), &key).unwrap();
    };
    put("one");
    let server = over_tls(&chain, &key);
    let shows = |name: &str| {
        let wanted = CertificateDer::from_pem_file(certificate(&format!("{name}.pem"))).unwrap();
        let from = Instant::now();
        while Line::tls(&server, "http/1.1").shown() != wanted {
            assert!(from.elapsed() < Duration::from_secs(5), "it does not show {name}: {}", server.log());
            thread::sleep(Duration::from_millis(20));
        }
    };
    shows("one");
    put("other");
    server.signal("HUP");
    shows("other");
    fs::copy(certificate("one.pem"), &chain).unwrap();
    server.signal("HUP");
    let from = Instant::now();
    while !server.log().contains("the certificate stays as it was") {
        assert!(from.elapsed() < Duration::from_secs(5), "{}", server.log());
        thread::sleep(Duration::from_millis(20));
    }
    shows("other");
}

#[test]
fn files_that_cannot_be_used_are_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = |chain: &Path, key: &Path| {
        let mut command = program(folder.path());
        command.env("BIND_ADDRESS", "127.0.0.1:0").env("TLS_CERT_FILE", chain).env("TLS_KEY_FILE", key);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (chain, key) = (certificate("one.pem"), certificate("one.key.pem"));
    let missing = folder.path().join("missing.pem");
    for (said, setting, file) in [
        (start(&missing, &key), "TLS_CERT_FILE", "missing.pem"),
        (start(&key, &key), "TLS_CERT_FILE", "one.key.pem"),
        (start(&chain, &missing), "TLS_KEY_FILE", "missing.pem"),
        (start(&chain, &chain), "TLS_KEY_FILE", "one.pem"),
        (start(&chain, &certificate("other.key.pem")), "TLS_KEY_FILE", "other.key.pem"),
    ] {
        assert!(said.contains(setting) && said.contains(file), "{setting}, {file}: {said}");
        assert!(!said.contains("BEGIN") && !said.contains("panicked"), "{said}");
    }
    let output = program(folder.path()).env("TLS_CERT_FILE", chain).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("TLS_KEY_FILE"));
    assert!(!folder.path().join("data").exists(), "nothing is made by a start that fails");
}
