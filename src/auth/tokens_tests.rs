//! Forged access tokens, every one of which is refused.

use serde_json::{Value as Json, json};

use super::*;
use crate::clock;

const KEY: [u8; 32] = [7; 32];

fn tokens() -> Tokens {
    Tokens::new(&[&Secret::new(KEY)]).unwrap()
}

fn prefix() -> String {
    tokens().checking[0].prefix.clone()
}

fn bearer() -> Bearer {
    Bearer { account: Id(clock::new_random_id()), session: Id(clock::new_random_id()) }
}

fn now() -> Time {
    clock::now().into()
}

fn header(change: impl FnOnce(&mut Json)) -> Json {
    let mut header = serde_json::to_value(&tokens().header).unwrap();
    change(&mut header);
    header
}

fn claims(change: impl FnOnce(&mut Json)) -> Json {
    let at = now().utc().timestamp();
    let (sub, sid) = (clock::new_random_id(), clock::new_random_id());
    let mut claims = json!({
        "iss": "recovery-journal", "aud": "recovery-journal/v1", "sub": sub, "sid": sid,
        "iat": at, "nbf": at, "exp": at + 600,
    });
    change(&mut claims);
    claims
}

fn part(json: &Json) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// Signs any header and claims with any key, as somebody who has that key could.
fn signed(header: &Json, claims: &Json, key: &[u8], algorithm: Algorithm) -> String {
    signed_text(&format!("{}.{}", part(header), part(claims)), key, algorithm)
}

fn signed_text(message: &str, key: &[u8], algorithm: Algorithm) -> String {
    let key = EncodingKey::from_secret(key);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// The genuine header with forged claims, under the real key.
fn with_claims(change: impl FnOnce(&mut Json)) -> String {
    let message = format!("{}{}", prefix(), part(&claims(change)));
    signed_text(&message, &KEY, Algorithm::HS256)
}

fn with_header(change: impl FnOnce(&mut Json)) -> String {
    signed(&header(change), &claims(|_| ()), &KEY, Algorithm::HS256)
}

#[test]
fn a_genuine_token_says_what_it_was_made_for() {
    let (tokens, bearer) = (tokens(), bearer());
    let token = tokens.issue(bearer, now()).unwrap();
    assert_eq!(tokens.check(&token, now()), Some(bearer));
    assert!(tokens.check(&with_claims(|_| ()), now()).is_some(), "the forger's tools make good ones too");
    let made_at = now();
    let after =
        |seconds| tokens.check(&tokens.issue(bearer, made_at).unwrap(), made_at.plus_seconds(seconds));
    assert!(after(LIFETIME + LEEWAY - 1).is_some() && after(-LEEWAY).is_some());
    assert!(after(LIFETIME + LEEWAY).is_none() && after(-LEEWAY - 1).is_none());
}

fn forged() -> Vec<(String, String)> {
    let genuine = tokens().issue(bearer(), now()).unwrap();
    let at = now().utc().timestamp();
    let [head, body, signature] = genuine.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| all.push((name.to_owned(), token));

    // No signature, or none that counts.
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let message = format!("{}.{}", part(&header(|h| h["alg"] = json!(name))), part(&claims(|_| ())));
        add(&format!("alg {name:?}, no signature"), format!("{message}."));
        add(&format!("alg {name:?}, our signature"), format!("{message}.{signature}"));
    }
    add("signature left out", format!("{head}.{body}."));
    add("two parts", format!("{head}.{body}"));
    add("four parts", format!("{genuine}.{signature}"));
    add("signature of another token", {
        let other = tokens().issue(bearer(), now()).unwrap();
        format!("{head}.{body}.{}", other.rsplit('.').next().unwrap())
    });

    // Another algorithm with the right key, told in the header or not.
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        add(name, signed(&header(|h| h["alg"] = json!(name)), &claims(|_| ()), &KEY, algorithm));
        add(&format!("{name} under our header"), signed(&header(|_| ()), &claims(|_| ()), &KEY, algorithm));
        let message = format!("{}{}", prefix(), part(&claims(|_| ())));
        add(&format!("{name} under our very header"), signed_text(&message, &KEY, algorithm));
    }
    for name in ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS255", "hs256"] {
        add(&format!("{name}, signed as HS256"), with_header(|h| h["alg"] = json!(name)));
    }

    // Another key.
    let mut near = KEY;
    near[31] ^= 1;
    for (name, key) in
        [("near key", &near[..]), ("empty key", b""), ("kid as key", b"kid"), ("half key", &KEY[..16])]
    {
        add(name, signed(&header(|_| ()), &claims(|_| ()), key, Algorithm::HS256));
        let message = format!("{}{}", prefix(), part(&claims(|_| ())));
        add(&format!("{name}, our very header"), signed_text(&message, key, Algorithm::HS256));
    }
    let own_key = |h: &mut Json| h["jwk"] = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode([9; 32])});
    add("key brought along", signed(&header(own_key), &claims(|_| ()), &[9; 32], Algorithm::HS256));

    // Another header, under the right key.
    for (name, value) in
        [("typ", json!("JWT")), ("typ", json!("at+JWT")), ("typ", Json::Null), ("kid", json!("00000000"))]
    {
        add(&format!("{name} {value}"), with_header(|h| h[name] = value));
    }
    for name in ["typ", "kid", "alg"] {
        add(&format!("no {name}"), with_header(|h| drop(h.as_object_mut().unwrap().remove(name))));
    }
    add("kid as a path", with_header(|h| h["kid"] = json!("../../dev/null")));
    add("crit", with_header(|h| h["crit"] = json!(["exp"])));
    add("jku", with_header(|h| h["jku"] = json!("https://example.org/keys")));
    add("zip", with_header(|h| h["zip"] = json!("DEF")));

    // Other claims, under the right key and header.
    for name in ["iss", "aud", "sub", "sid", "iat", "nbf", "exp"] {
        add(&format!("no {name}"), with_claims(|c| drop(c.as_object_mut().unwrap().remove(name))));
        add(&format!("{name} null"), with_claims(|c| c[name] = Json::Null));
        add(&format!("{name} a list"), with_claims(|c| c[name] = json!([c[name].clone()])));
    }
    for (name, value) in [
        ("iss", json!("recovery-journal ")),
        ("iss", json!("https://example.org")),
        ("aud", json!("recovery-journal")),
        ("aud", json!("")),
        ("sub", json!("ann@example.org")),
        ("sub", json!("")),
        ("sid", json!(7)),
        ("exp", json!(at - LEEWAY)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!((at + 600).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(f64::from(i32::try_from(at).unwrap_or(0)) + 600.5)),
        ("nbf", json!(at + LEEWAY + 5)),
        ("nbf", json!(i64::MAX)),
        ("iat", json!(at + LEEWAY + 5)),
        ("iat", json!("now")),
    ] {
        add(&format!("{name} {value}"), with_claims(|c| c[name] = value));
    }
    let message = format!("{}{}", prefix(), URL_SAFE_NO_PAD.encode("[]"));
    add("claims a list", signed_text(&message, &KEY, Algorithm::HS256));
    add("claims too long", with_claims(|c| c["more"] = json!("x".repeat(CLAIMS_MAX))));
    let twice = claims(|_| ()).to_string().replacen('{', &format!("{{\"exp\":{},", at + 9_000), 1);
    let message = format!("{}{}", prefix(), URL_SAFE_NO_PAD.encode(twice));
    add("a claim twice", signed_text(&message, &KEY, Algorithm::HS256));

    // Other spellings of the genuine token.
    for (name, token) in [
        ("nothing", String::new()),
        ("a dot", ".".into()),
        ("dots", "..".into()),
        ("space before", format!(" {genuine}")),
        ("space after", format!("{genuine} ")),
        ("padded", format!("{genuine}=")),
        ("upper case", genuine.to_uppercase()),
        ("not ASCII", format!("{genuine}é")),
        ("line break", genuine.replacen('.', ".\n", 1)),
    ] {
        add(name, token);
    }
    all
}

#[test]
fn a_token_that_is_remembered_counts_no_longer_than_it_says() {
    let (tokens, bearer, begun) = (tokens(), bearer(), now());
    let token = tokens.issue(bearer, begun).unwrap();
    for _ in 0..3 {
        assert_eq!(tokens.check(&token, begun.plus_seconds(LIFETIME + LEEWAY - 1)), Some(bearer));
        assert_eq!(tokens.check(&token, begun.plus_seconds(LIFETIME + LEEWAY)), None);
        assert_eq!(tokens.check(&token, begun.plus_seconds(-LEEWAY)), Some(bearer));
        assert_eq!(tokens.check(&token, begun.plus_seconds(-LEEWAY - 1)), None);
        assert_eq!(tokens.genuine.iter().count(), 1, "it is remembered");
    }
    for other in [format!("{token}="), format!("{token} "), token[..token.len() - 1].to_owned()] {
        assert_eq!(tokens.check(&other, begun), None, "{other}");
    }
    assert_eq!(tokens.genuine.iter().count(), 1, "and nothing else is");
}

#[test]
fn forged_tokens_are_refused() {
    let (tokens, forged) = (tokens(), forged());
    assert!(forged.len() >= 90, "{}", forged.len());
    for (name, token) in forged {
        assert_eq!(tokens.check(&token, now()), None, "{name}: {token}");
    }
}

#[test]
fn a_token_changed_anywhere_is_refused() {
    let tokens = tokens();
    let token = tokens.issue(bearer(), now()).unwrap();
    for index in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(tokens.check(&changed, now()), None, "byte {index}, bit {bit}");
        }
        assert_eq!(tokens.check(&token[..index], now()), None, "cut at {index}");
    }
}

#[test]
fn tokens_of_the_key_before_are_good_until_it_is_forgotten() {
    let (old, new) = (Secret::new(KEY), Secret::new([8; 32]));
    let before = Tokens::new(&[&old]).unwrap();
    let during = Tokens::new(&[&new, &old]).unwrap();
    let after = Tokens::new(&[&new]).unwrap();
    let bearer = bearer();
    let token = before.issue(bearer, now()).unwrap();
    assert_eq!(during.check(&token, now()), Some(bearer));
    assert_eq!(after.check(&token, now()), None);
    let token = during.issue(bearer, now()).unwrap();
    assert_eq!((before.check(&token, now()), after.check(&token, now())), (None, Some(bearer)));
    // The header names the key that is used, and no other.
    let message = |tokens: &Tokens| format!("{}{}", tokens.checking[0].prefix, part(&claims(|_| ())));
    for (header, key) in [(&before, [8; 32]), (&after, KEY)] {
        let forged = signed_text(&message(header), &key, Algorithm::HS256);
        assert_eq!(during.check(&forged, now()), None);
    }
}
