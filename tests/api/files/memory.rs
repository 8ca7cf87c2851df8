//! The memory that an export needs, beside a server that does nothing. It writes 200,000 records first, which
//! takes minutes: `cargo test --test api memory -- --ignored --nocapture`.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::{count, export, import_ours};
use crate::support::wire::{exchange, status};
use crate::support::{Client, Engine, Server};

const FILES: u64 = 8;
const RECORDS: u64 = 25_000;
const MORE_AT_MOST: u64 = 64 * 1024;

/// A figure of the process in KiB.
fn memory(server: &Server, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

fn write(member: &Client) {
    let mut file = export(member);
    file["journal"]["revision"] = json!(RECORDS + 1);
    for part in 0..FILES {
        let cravings = (0..RECORDS).map(|number| {
            let id = Uuid::from_u128(u128::from(part * RECORDS + number + 1) << 64 | 7);
            let (year, month, day) = (2005 + number % 20, number % 12 + 1, number % 28 + 1);
            json!({
                "id": id, "revision": number + 2, "created_at": "2025-01-01T00:00:00.000001Z",
                "updated_at": "2025-01-01T00:00:00.000001Z", "intensity": number % 11, "time_zone": "UTC",
                "occurred_at": format!("{year}-{month:02}-{day:02}T21:40:00Z"), "outcome": "passed",
                "note": "Long day, got through it. ".repeat(4),
            })
        });
        file["collections"]["cravings"] = cravings.collect();
        assert_eq!(count(&import_ours(member, "", &file), "created"), RECORDS);
    }
}

#[test]
#[ignore = "writes 200,000 records first"]
fn an_export_of_twenty_years_fits_into_little_memory() {
    for engine in std::iter::once(Engine::sqlite()).chain(Engine::postgres()) {
        let mut server = Server::start(engine, &[]);
        let member = server.member();
        write(&member);
        let imported = memory(&server, "VmHWM:");
        server.restart();
        let member = member.at(server.address());
        member.get("/v1/cravings").expect(200);
        member.get("/v1/trends").expect(200);
        let idle = memory(&server, "VmRSS:");
        let mut said = format!("{}: import {imported} KiB at most, idle {idle} KiB", server.engine());
        for path in ["/v1/export.json", "/v1/export.zip"] {
            let token = member.token.as_ref().unwrap();
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            );
            let answer = exchange(&server, request.as_bytes(), Duration::from_mins(1));
            let most = memory(&server, "VmHWM:");
            write!(said, ", {path} {} MiB at {most} KiB", answer.len() >> 20).unwrap();
            assert!(status(&answer) == 200 && answer.ends_with("\r\n0\r\n\r\n"), "{said}");
            assert!(most < idle + MORE_AT_MOST, "{said}");
        }
        eprintln!("{said}");
    }
}
