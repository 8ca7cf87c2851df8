//! Access tokens that look like ours: hundreds of forged ones, some made with the server's own key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value as Json, json};

use crate::support::{Client, Server, both};

both!(no_forged_token_gets_in);

fn read(token: &str, part: usize) -> Json {
    let part = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(json: &Json) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A token with these claims, below a header that is encoded already: it is compared byte for byte.
fn signed(header: &str, claims: &Json, key: &[u8], algorithm: Algorithm) -> String {
    let message = format!("{header}.{}", encoded(claims));
    let key = EncodingKey::from_secret(key);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// Tokens that differ from a genuine one in one thing each, with what that is.
fn forged(server: &Server, member: &Client, other: &Client) -> Vec<(String, String)> {
    let genuine = member.token.as_deref().unwrap();
    let (header, claims) = (read(genuine, 0), read(genuine, 1));
    let own_header = genuine.split('.').next().unwrap();
    let keyring = recovery_journal::db::seal::Keyring::load(&server.directory().join("master.key")).unwrap();
    let own = keyring.access_token().as_slice();
    // What is made like this and has nothing wrong with it gets in.
    let made = signed(own_header, &claims, own, Algorithm::HS256);
    member.with_token(&made).get("/v1/account").expect(200);
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |what: String, token: String| all.push((what, token));
    for (at, letter) in genuine.char_indices().filter(|(_, letter)| *letter != '.') {
        let changed = if letter == 'A' { 'Q' } else { 'A' };
        add(format!("letter {at}"), format!("{}{changed}{}", &genuine[..at], &genuine[at + 1..]));
    }
    for (name, header) in [
        ("the members in another order", header.clone()),
        ("no algorithm", json!({"alg": "none", "typ": "at+jwt", "kid": header["kid"]})),
        ("another kind", json!({"alg": "HS256", "typ": "JWT", "kid": header["kid"]})),
        ("no kind", json!({"alg": "HS256", "kid": header["kid"]})),
        ("another key's name", json!({"alg": "HS256", "typ": "at+jwt", "kid": "00000000"})),
        ("no key's name", json!({"alg": "HS256", "typ": "at+jwt"})),
        (
            "a key inside",
            json!({"alg": "HS256", "typ": "at+jwt", "kid": header["kid"], "jwk": {"k": "AAAA"}}),
        ),
        (
            "a key elsewhere",
            json!({"alg": "HS256", "typ": "at+jwt", "kid": header["kid"], "jku": "https://example.org"}),
        ),
        ("RSA", json!({"alg": "RS256", "typ": "at+jwt", "kid": header["kid"]})),
    ] {
        add(name.to_owned(), signed(&encoded(&header), &claims, own, Algorithm::HS256));
    }
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let name = json!(format!("{algorithm:?}"));
        let header = json!({"alg": name, "typ": "at+jwt", "kid": header["kid"]});
        add(format!("{name}"), signed(&encoded(&header), &claims, own, algorithm));
    }
    for key in [&[0; 32][..], b"secret", &[own, &[1]].concat(), keyring.refresh_token().as_slice()] {
        add("another key".to_owned(), signed(own_header, &claims, key, Algorithm::HS256));
    }
    for claim in ["iss", "aud", "sub", "sid", "iat", "nbf", "exp"] {
        for value in [Json::Null, json!(""), json!([]), json!(1e300), json!(true)] {
            let mut claims = claims.clone();
            claims[claim] = value.clone();
            add(format!("{claim} {value}"), signed(own_header, &claims, own, Algorithm::HS256));
        }
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(claim);
        add(format!("no {claim}"), signed(own_header, &claims, own, Algorithm::HS256));
    }
    let theirs = read(other.token.as_deref().unwrap(), 1);
    for (claim, value) in [
        ("sub", theirs["sub"].clone()),
        ("sid", theirs["sid"].clone()),
        ("sid", json!(crate::records::new_id())),
        ("iss", json!("recovery-journal.example")),
        ("aud", json!("recovery-journal/v2")),
        ("exp", json!(claims["iat"].as_i64().unwrap() - 600)),
        ("nbf", json!(claims["iat"].as_i64().unwrap() + 600)),
        ("iat", json!(claims["iat"].as_i64().unwrap() + 600)),
    ] {
        let mut claims = claims.clone();
        claims[claim] = value;
        add(format!("another {claim}"), signed(own_header, &claims, own, Algorithm::HS256));
    }
    let parts: Vec<&str> = genuine.split('.').collect();
    for (what, token) in [
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{genuine}.{}", parts[2])),
        ("padding", format!("{genuine}=")),
        ("twice", format!("{genuine}{genuine}")),
        ("a refresh token", member.refresh_token().to_owned()),
        ("long", format!("{}.{}.{}", parts[0], "A".repeat(6_000), parts[2])),
    ] {
        add(what.to_owned(), token);
    }
    all
}

fn no_forged_token_gets_in(server: &Server) {
    let (member, other) = (server.member(), server.member());
    let all = forged(server, &member, &other);
    assert!(all.len() > 300, "only {} tokens", all.len());
    for (what, token) in &all {
        let answer = server.anybody().with_token(token).get("/v1/account");
        assert_eq!(
            (answer.status, &answer.json["code"]),
            (401, &json!("invalid_token")),
            "{what}: {answer:?}"
        );
    }
    member.get("/v1/account").expect(200);
    other.get("/v1/account").expect(200);
}
