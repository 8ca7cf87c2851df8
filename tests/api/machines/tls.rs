//! PostgreSQL by TLS: spoken to when it proves who it is, and not otherwise.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::server::program;
use crate::support::{Client, Cluster, Engine, Server};

/// Makes a certificate that vouches for itself and bears this name, and its key.
fn certificate(place: &Path, name: &str, alternative: &str) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=test", "-addext", &format!("subjectAltName={alternative}")])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(place.join(format!("{name}.key")))
        .arg("-out")
        .arg(place.join(format!("{name}.pem")))
        .output()
        .expect("openssl, which comes with PostgreSQL");
    assert!(made.status.success(), "{made:?}");
}

/// A server that speaks TLS under this name, and the file that says whom to believe.
fn cluster(alternative: &str) -> Option<(Cluster, tempfile::TempDir)> {
    let trusted = tempfile::tempdir().unwrap();
    let kept = trusted.path().join("authority.pem");
    let cluster = Cluster::start(|place| {
        certificate(place, "server", alternative);
        std::fs::copy(place.join("server.pem"), &kept).unwrap();
        let key = place.join("server.key");
        // The key must be the server's own: its owner is whom the script runs it as.
        let owned = Command::new("chown").arg("postgres").arg(&key).status();
        drop(owned);
        let option = |name: &str, value: &Path| ["-c".to_owned(), format!("{name}={}", value.display())];
        let mut options = vec!["-c".to_owned(), "ssl=on".to_owned()];
        options.extend(option("ssl_cert_file", &place.join("server.pem")));
        options.extend(option("ssl_key_file", &key));
        options
    });
    cluster.map(|cluster| (cluster, trusted))
}

#[test]
fn a_server_that_proves_itself_is_spoken_to_by_tls() {
    let Some((cluster, trusted)) = cluster("IP:127.0.0.1,DNS:localhost") else { return };
    let authority = trusted.path().join("authority.pem");
    let engine = Engine::on(cluster.url.clone());
    for mode in ["require", "verify-full"] {
        let url = format!("{}?sslmode={mode}&sslrootcert={}", engine.url().unwrap(), authority.display());
        let server = Server::start(Engine::on(cluster.url.clone()), &[("DATABASE_URL", &url)]);
        let member = Client::new(server.address()).register(&format!("{mode}@example.org"), "member");
        member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).expect(201);
        let name = engine.name().unwrap();
        let plain = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) \
             WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND s.ssl = ";
        assert!(cluster.number(name, &format!("{plain} true")) > 0);
        assert_eq!(cluster.number(name, &format!("{plain} false")), 0);
    }
}

#[test]
fn a_server_that_does_not_is_not() {
    let Some((cluster, trusted)) = cluster("DNS:another.example") else { return };
    let directory = tempfile::tempdir().unwrap();
    certificate(directory.path(), "other", "IP:127.0.0.1");
    let refused = |parameters: String| {
        let url = format!("{}?{parameters}", cluster.url);
        let output = program(directory.path()).env("DATABASE_URL", url).arg("migrate").output().unwrap();
        assert!(!output.status.success(), "{parameters}: {output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let named = |path: &Path| format!("sslmode=verify-full&sslrootcert={}", path.display());
    let authority = trusted.path().join("authority.pem");
    let reasons = [
        // Another host's certificate, one of nobody known, nobody known at all.
        refused(named(&authority)),
        refused(named(&directory.path().join("other.pem"))),
        refused("sslmode=require".to_owned()),
    ];
    for reason in reasons {
        assert!(reason.contains("certificate"), "{reason}");
    }
    let unreadable = refused(named(&directory.path().join("none.pem")));
    assert!(unreadable.contains("sslrootcert"), "{unreadable}");
    // A server that speaks no TLS is not spoken to in the clear when it was asked for.
    let Some(plain) = Cluster::start(|_| Vec::new()) else { return };
    let url = format!("{}?{}", plain.url, named(&authority));
    let output = program(directory.path()).env("DATABASE_URL", url).arg("migrate").output().unwrap();
    assert!(!output.status.success(), "{output:?}");
}
