//! What every answer has, whatever happens inside.

use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, ETAG, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use serde_json::Value as Json;

use super::*;
use crate::http::body::Body;
use crate::http::reply;

async fn fails() -> Result<HttpResponse> {
    Err(Error::internal("the secret reason"))
}

async fn panics() -> Result<HttpResponse> {
    panic!("the secret message")
}

async fn dawdles() -> Result<HttpResponse> {
    tokio::time::sleep(Duration::from_mins(1)).await;
    Ok(reply::no_content())
}

async fn reads(body: Body) -> Result<HttpResponse> {
    let object = body.object().await?;
    reply::json_of(StatusCode::OK, &object)
}

async fn says_much() -> HttpResponse {
    let text = format!("\"{}\"", "a".repeat(5000));
    HttpResponse::Ok().content_type("application/json").insert_header((ETAG, "\"7\"")).body(text)
}

async fn page() -> HttpResponse {
    HttpResponse::Forbidden()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'self'"))
        .body("<p>No.</p>")
}

async fn takes_no_such_method() -> HttpResponse {
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, HEAD")).finish()
}

/// Sends one request through an envelope.
async fn answer(envelope: &Envelope, request: TestRequest) -> (StatusCode, HeaderMap, Vec<u8>) {
    let app = App::new()
        .route("/v1/fails", web::get().to(fails))
        .route("/v1/panics", web::get().to(panics))
        .route("/v1/dawdles", web::get().to(dawdles))
        .route("/livez", web::get().to(says_much))
        .route("/v1/much", web::get().to(says_much))
        .route("/page", web::get().to(page))
        .service(
            web::resource("/v1/reads")
                .route(web::post().to(reads))
                .default_service(web::to(takes_no_such_method)),
        )
        .wrap(envelope.clone());
    let app = init_service(app).await;
    match app.call(request.to_request()).await {
        Ok(response) => take_apart(ServiceResponse::into_parts(response).1.map_into_boxed_body()).await,
        Err(error) => take_apart(error.error_response()).await,
    }
}

async fn take_apart(answer: HttpResponse) -> (StatusCode, HeaderMap, Vec<u8>) {
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, to_bytes(answer.into_body()).await.unwrap_or_default().to_vec())
}

fn envelope() -> Envelope {
    Envelope::new(10, Duration::from_millis(50), false).unwrap()
}

fn get(path: &str) -> TestRequest {
    TestRequest::with_uri(path)
}

#[actix_web::test]
async fn every_error_is_a_problem_with_the_headers_of_all_answers() {
    let post = || TestRequest::with_uri("/v1/reads").method(Method::POST);
    let json = || post().insert_header((CONTENT_TYPE, "application/json"));
    for (request, status, code) in [
        (get("/nowhere"), 404, "not_found"),
        (get("/v1/nowhere"), 404, "not_found"),
        (get("/v1/reads"), 405, "method_not_allowed"),
        (get("/v1/fails"), 500, "internal"),
        (get("/v1/panics"), 500, "internal"),
        (get("/v1/dawdles"), 408, "request_timeout"),
        (post().set_payload("{}"), 415, "unsupported_media_type"),
        (json().set_payload("{"), 400, "malformed_json"),
        (json().set_payload("[]"), 400, "malformed_json"),
        (json().set_payload(" ".repeat(256 * 1024 + 1)), 413, "too_large"),
    ] {
        let (found, headers, body) = answer(&envelope(), request).await;
        assert_eq!(found.as_u16(), status, "{code}");
        let problem: Json = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert!(!problem.to_string().contains("secret"));
        assert_eq!(headers.get(CONTENT_TYPE).unwrap(), "application/problem+json");
        assert_eq!(headers.get(REQUEST_ID).unwrap(), problem["request_id"].as_str().unwrap());
        for (name, value) in FIXED_HEADERS {
            assert_eq!(headers.get(name).unwrap(), value, "{code}");
        }
        assert_eq!(headers.get(CONTENT_SECURITY_POLICY).unwrap(), NOTHING_ALLOWED);
        if code != "not_found" {
            assert_eq!(headers.get(CACHE_CONTROL).unwrap(), NO_STORE);
        }
        assert_eq!(headers.contains_key(ALLOW), status == 405);
    }
}

#[actix_web::test]
async fn a_page_keeps_its_words_and_its_policy() {
    let (status, headers, body) = answer(&envelope(), get("/page")).await;
    assert_eq!((status.as_u16(), body.as_slice()), (403, b"<p>No.</p>".as_slice()));
    assert_eq!(headers.get(CONTENT_SECURITY_POLICY).unwrap(), "default-src 'self'");
    assert!(headers.contains_key(REQUEST_ID));
}

#[actix_web::test]
async fn a_full_server_says_so_and_still_lives() {
    let full = Envelope::new(0, Duration::from_secs(1), false).unwrap();
    let (status, headers, body) = answer(&full, get("/v1/much")).await;
    assert_eq!((status.as_u16(), headers.get(RETRY_AFTER).unwrap().as_bytes()), (503, b"1".as_slice()));
    assert_eq!(serde_json::from_slice::<Json>(&body).unwrap()["code"], "overloaded");
    assert_eq!(answer(&full, get("/livez")).await.0, StatusCode::OK);
    assert_eq!(full.0.admission.in_flight(), 0, "every place is given back");
}

#[actix_web::test]
async fn places_are_given_back_whatever_happens() {
    let envelope = envelope();
    for path in ["/v1/much", "/v1/fails", "/v1/panics", "/v1/dawdles", "/nowhere"] {
        answer(&envelope, get(path)).await;
        assert_eq!(envelope.0.admission.in_flight(), 0, "{path}");
    }
}

#[actix_web::test]
async fn head_is_answered_like_get() {
    let head = |path: &str| TestRequest::with_uri(path).method(Method::HEAD);
    assert_eq!(answer(&envelope(), head("/v1/much")).await.0, StatusCode::OK);
    assert_eq!(answer(&envelope(), head("/v1/reads")).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[actix_web::test]
async fn packing_keeps_the_entity_tag() {
    let (_, headers, body) =
        answer(&envelope(), get("/v1/much").insert_header((ACCEPT_ENCODING, "gzip"))).await;
    assert_eq!(headers.get(CONTENT_ENCODING).unwrap(), "gzip");
    assert_eq!(headers.get(ETAG).unwrap(), "\"7\"");
    assert!(body.len() < 500);
    let (_, headers, body) = answer(&envelope(), get("/v1/much")).await;
    assert_eq!((headers.contains_key(CONTENT_ENCODING), body.len()), (false, 5002));
}

#[test]
fn request_ids_do_not_repeat_and_are_not_taken_from_the_caller() {
    let (one, other) = (envelope(), envelope());
    let ids = [&one, &one, &other, &other].map(|envelope| envelope.0.next_request_id());
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
}

#[test]
fn a_bare_answer_is_dressed_and_keeps_its_date() {
    let head = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nConnection: close\r\ndate: today";
    let whole = String::from_utf8(refusal_on_the_wire(Code::BadRequest, head, true).to_vec()).unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\ndate: today\r\n"), "{head}");
    assert_eq!(serde_json::from_str::<Json>(body).unwrap()["code"], "bad_request");
    assert!(head.contains(&format!("content-length: {}", body.len())));
    assert!(head.contains("x-request-id: ") && head.contains("nosniff"));
    assert!(head.contains("strict-transport-security: max-age="));
    assert_eq!(head.to_lowercase().matches("connection: ").count(), 1);
}
