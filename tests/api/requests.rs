//! Requests that are not right in themselves: unknown paths, wrong methods and media types, bodies that are
//! no JSON, too large, cut short or never sent. Each is a problem, and nothing of the inside shows.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::support::wire::{exchange, status};
use crate::support::{Contract, Server, both, collections};

both!(
    unknown_paths_are_404_with_and_without_login,
    wrong_methods_are_405_and_name_the_right_ones,
    bodies_must_say_that_they_are_json,
    malformed_json_is_400_whatever_is_wrong_with_it,
    bodies_have_a_limit,
    who_asks_is_judged_before_what_is_sent,
    what_is_no_http_is_refused_in_kind,
    compressed_answers_say_the_same,
    a_request_id_names_the_request,
);
both!(with [("REQUEST_TIMEOUT_SECONDS", "3")] => a_body_that_does_not_arrive_is_408);
both!(with [("CORS_ORIGINS", "https://app.example")] => only_listed_origins_may_call_from_a_browser);

fn unknown_paths_are_404_with_and_without_login(server: &Server) {
    let (anybody, member) = (server.anybody(), server.member());
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v2/cravings",
        "/v1/craving",
        "/v1/cravings/",
        "/v1/cravings//",
        "/metrics",
        "/.env",
        "/%2e%2e/etc/passwd",
        "/v1/auth",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            anybody.request(method, path).send().refused(404, "not_found");
            member.request(method, path).send().refused(404, "not_found");
        }
    }
}

fn wrong_methods_are_405_and_name_the_right_ones(server: &Server) {
    let member = server.member();
    let contract = Contract::get();
    for operation in &contract.operations {
        let path = operation.path.replace("{id}", &crate::records::new_id()).replace("{date}", "2025-03-04");
        let right: Vec<&str> = contract
            .operations
            .iter()
            .filter(|other| other.path == operation.path)
            .map(|other| other.method.as_str())
            .collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if right.contains(&method) {
                continue;
            }
            let answer = member.request(method, &path).send();
            let allow = answer.refused(405, "method_not_allowed").header("allow").unwrap_or_default();
            let mut named: Vec<&str> = allow.split(',').map(str::trim).collect();
            named.retain(|method| !["HEAD", "OPTIONS"].contains(method));
            named.sort_unstable();
            let mut wanted = right.clone();
            wanted.sort_unstable();
            assert_eq!(named, wanted, "Allow of {path}");
        }
    }
}

fn bodies_must_say_that_they_are_json(server: &Server) {
    let member = server.member();
    for collection in collections::all() {
        let body = collection.full().to_string();
        let path = collection.item(&crate::records::new_id());
        let send = |method: &str, path: &str, media_type: Option<&str>| {
            let request = member.request(method, path).body(body.clone());
            media_type
                .map_or_else(
                    || member.request(method, path).body(body.clone()),
                    |known| request.header("Content-Type", known),
                )
                .send()
        };
        for wrong in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/jsonx"),
            Some("application/merge-patch+json"),
        ] {
            send("POST", collection.path, wrong).refused(415, "unsupported_media_type");
            send("PUT", &path, wrong).refused(415, "unsupported_media_type");
        }
        send("PUT", &path, Some("application/json; charset=utf-8")).expect(201);
        send("PUT", &path, Some("APPLICATION/JSON")).expect(200);
        send("PATCH", &path, Some("text/plain")).refused(415, "unsupported_media_type");
        send("PATCH", &path, Some("application/merge-patch+json")).expect(200);
    }
}

fn malformed_json_is_400_whatever_is_wrong_with_it(server: &Server) {
    let member = server.member();
    let path = member.post("/v1/check-ins", &json!({"local_date": "2025-03-04"})).id().to_owned();
    let path = format!("/v1/check-ins/{path}");
    let deep = format!(r#"{{"mood":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let bodies: &[&[u8]] = &[
        b"",
        b" ",
        b"{",
        b"null",
        b"7",
        b"\"text\"",
        b"[]",
        br#"[{"mood":1}]"#,
        br#"{"mood":1"#,
        br#"{"mood":1}}"#,
        br#"{"mood":1} {"mood":2}"#,
        br#"{"mood":1,}"#,
        br"{mood:1}",
        br"{'mood':1}",
        br#"{"mood":1,"mood":2}"#,
        br#"{"mood":01}"#,
        br#"{"mood":NaN}"#,
        br#"{"mood":1e999}"#,
        b"{\"note\":\"\xff\"}",
        b"{\"note\":\"\xed\xa0\x80\"}",
        br#"{"note":"\ud800"}"#,
        b"{\"note\":\"a\nb\"}",
        br#"{"note":"\u0000"}"#,
        br#"{"\u0000":1}"#,
        b"\xef\xbb\xbf{\"mood\":1}",
        b"// {}\n{\"mood\":1}",
        deep.as_bytes(),
    ];
    for body in bodies {
        for (method, path) in
            [("POST", "/v1/check-ins"), ("PUT", &path), ("PATCH", &path), ("POST", "/v1/auth/login")]
        {
            let request = member.request(method, path).header("Content-Type", "application/json");
            request.body(*body).send().refused(400, "malformed_json");
        }
    }
    assert_eq!(member.get("/v1/check-ins").items().len(), 1);
    // What only looks odd is fine.
    let odd = br#" {"local_date" : "2025-03-04", "note":"\ud83c\udf31", "mood":7.0, "sleep_hours":625e-2}  "#;
    let request = member.request("POST", "/v1/check-ins").header("Content-Type", "application/json");
    assert_eq!(request.body(*odd).send().expect(201).json["note"], "🌱");
}

fn bodies_have_a_limit(server: &Server) {
    let member = server.member();
    let padded = |size: usize| {
        let body = json!({"local_date": "2025-03-04"}).to_string();
        body.clone() + &" ".repeat(size - body.len())
    };
    let post = |body: String| {
        member.request("POST", "/v1/check-ins").header("Content-Type", "application/json").body(body).send()
    };
    post(padded(256 * 1024)).expect(201);
    post(padded(256 * 1024 + 1)).refused(413, "too_large");
    post(padded(3 << 20)).refused(413, "too_large");
    // Without a length, too: the limit is counted, not believed.
    let token = member.token.as_deref().unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024));
    let head = format!(
        "POST /v1/check-ins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let answer = exchange(server, (head + &chunk.repeat(6) + "0\r\n\r\n").as_bytes(), Duration::from_secs(2));
    assert_eq!(status(&answer), 413, "{answer}");
    assert!(answer.contains("too_large"), "{answer}");
    member.get("/v1/check-ins").expect(200);
}

fn who_asks_is_judged_before_what_is_sent(server: &Server) {
    let anybody = server.anybody();
    for collection in collections::all() {
        for body in ["{", "{\"surprise\":1}", &" ".repeat(300 * 1024)] {
            let request = anybody.request("POST", collection.path).header("Content-Type", "text/plain");
            request.body(body).send().refused(401, "unauthenticated");
        }
        let request = server.counselor();
        request.request("POST", collection.path).body("{").send().refused(403, "wrong_role");
    }
}

fn what_is_no_http_is_refused_in_kind(server: &Server) {
    let patience = Duration::from_secs(2);
    for bad in ["NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nBad Header\r\n\r\n", "GET\0/ HTTP/1.1\r\n\r\n"] {
        let answer = exchange(server, bad.as_bytes(), patience);
        assert_eq!(status(&answer), 400, "{bad:?}: {answer}");
        let answer = answer.to_lowercase();
        assert!(
            answer.contains("application/problem+json") && answer.contains("x-content-type-options"),
            "{answer}"
        );
    }
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(300 * 1024));
    let answer = exchange(server, huge.as_bytes(), patience);
    assert!([400, 431].contains(&status(&answer)) && answer.contains("application/problem+json"), "{answer}");
    server.anybody().get("/livez").expect(200);
}

fn a_body_that_does_not_arrive_is_408(server: &Server) {
    let token = server.member().token.unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /v1/check-ins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut answer = Vec::new();
    // To its end: the server closes what it has given up on.
    std::io::Read::read_to_end(&mut stream, &mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
}

fn compressed_answers_say_the_same(server: &Server) {
    let plain = server.anybody().get("/v1/catalogue");
    for encoding in ["gzip", "br"] {
        let answer = server
            .anybody()
            .request("GET", "/v1/catalogue")
            .header("Accept-Encoding", encoding)
            .try_send()
            .unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-encoding"), Some(encoding), "{:?}", answer.headers);
        assert!(answer.bytes.len() * 2 < plain.bytes.len(), "{encoding} is no smaller");
        assert!(answer.header("vary").is_some_and(|vary| vary.to_lowercase().contains("accept-encoding")));
    }
    let identity =
        server.anybody().request("GET", "/v1/catalogue").header("Accept-Encoding", "identity").send();
    assert_eq!((identity.header("content-encoding"), &identity.bytes), (None, &plain.bytes));
}

fn a_request_id_names_the_request(server: &Server) {
    let (one, other) = (server.anybody().get("/v1/nothing"), server.anybody().get("/v1/nothing"));
    let id = one.json["request_id"].as_str().unwrap();
    assert_eq!(one.header("x-request-id"), Some(id));
    assert_ne!(one.json["request_id"], other.json["request_id"]);
    assert!(server.anybody().get("/livez").header("x-request-id").is_some());
}

fn only_listed_origins_may_call_from_a_browser(server: &Server) {
    let member = server.member();
    let ask = |origin: &str| {
        let request = member.request("OPTIONS", "/v1/cravings").header("Origin", origin);
        request
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization, content-type")
            .try_send()
            .unwrap()
    };
    let allowed = ask("https://app.example");
    assert!(allowed.status < 300, "{allowed:?}");
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"));
    let refused = ask("https://elsewhere.example");
    assert_eq!(refused.header("access-control-allow-origin"), None, "{refused:?}");
    let read = member.request("GET", "/v1/cravings").header("Origin", "https://app.example").send();
    assert_eq!(read.expect(200).header("access-control-allow-origin"), Some("https://app.example"));
    for (path, status) in [("/v1/nothing", 404), ("/v1/cravings?limit=x", 400), ("/v1/clients", 403)] {
        let refused = member.request("GET", path).header("Origin", "https://app.example").send();
        let allowed = refused.expect(status).header("access-control-allow-origin");
        assert_eq!(allowed, Some("https://app.example"), "a browser may read why: {refused:?}");
    }
    let exposed = read.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    assert!(exposed.contains("etag"), "a browser client needs the tag: {exposed}");
}
