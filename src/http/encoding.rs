//! Compression of answers: brotli or gzip where the client takes it and the body is worth it.
//!
//! It leaves alone what is small, already compressed, or a stream that must not wait to be full. Without
//! `Accept-Encoding` it costs one look-up.

use actix_http::encoding::Encoder;
use actix_web::HttpMessage;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, Encoding, Header as _,
    HeaderMap, HeaderValue, VARY,
};

/// A body below this fits a packet or two: packing it costs more than it saves.
const WORTH_IT: u64 = 1024;

/// The best encoding that the client takes, if it takes one of ours.
pub fn accepted(request: &impl HttpMessage) -> Option<ContentEncoding> {
    if !request.headers().contains_key(ACCEPT_ENCODING) {
        return None;
    }
    let ours = [Encoding::identity(), Encoding::brotli(), Encoding::gzip()];
    match AcceptEncoding::parse(request).ok()?.negotiate(ours.iter())? {
        Encoding::Known(ContentEncoding::Identity) | Encoding::Unknown(_) => None,
        Encoding::Known(encoding) => Some(encoding),
    }
}

/// Packs the body, if that is worth it.
#[must_use]
pub fn packed(mut answer: HttpResponse, accepted: Option<ContentEncoding>) -> HttpResponse {
    let large = match answer.body().size() {
        BodySize::None => false,
        BodySize::Sized(size) => size >= WORTH_IT,
        BodySize::Stream => true,
    };
    if !large || answer.headers().contains_key(CONTENT_ENCODING) || !is_text(answer.headers()) {
        return answer;
    }
    if let Some(encoding) = accepted {
        // The encoder notes for itself that the answer varies.
        answer.map_body(|head, body| BoxBody::new(Encoder::response(encoding, head, body)))
    } else {
        answer.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
        answer
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    match media_type.split_once('/') {
        // Pokes of the event stream must leave at once.
        Some(("text", kind)) => kind != "event-stream",
        Some(("application", kind)) => kind.ends_with("json") || kind == "javascript",
        Some((_, kind)) => kind == "svg+xml",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ETAG;
    use actix_web::test::TestRequest;

    use super::*;

    fn answer(media_type: &str, size: usize) -> HttpResponse {
        HttpResponse::Ok().content_type(media_type).insert_header((ETAG, "\"1\"")).body(vec![b'a'; size])
    }

    fn encoding_of(answer: &HttpResponse) -> Option<&str> {
        answer.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok())
    }

    #[test]
    fn the_client_chooses() {
        let choice = |header: &'static str| {
            accepted(&TestRequest::default().insert_header((ACCEPT_ENCODING, header)).to_http_request())
        };
        assert_eq!(choice("gzip, deflate, br"), Some(ContentEncoding::Brotli));
        assert_eq!(choice("gzip"), Some(ContentEncoding::Gzip));
        assert_eq!(choice("br;q=0.5, gzip"), Some(ContentEncoding::Gzip));
        for none in ["identity", "zstd", "*;q=0", "", "gzip;q=x"] {
            assert_eq!(choice(none), None, "{none}");
        }
        assert_eq!(accepted(&TestRequest::default().to_http_request()), None);
    }

    #[test]
    fn only_large_text_is_packed() {
        let brotli = Some(ContentEncoding::Brotli);
        let large = packed(answer("application/json", 2000), brotli);
        assert_eq!(encoding_of(&large), Some("br"));
        assert_eq!(large.headers().get(ETAG).unwrap(), "\"1\"");
        assert!(large.headers().contains_key(VARY));
        for (media_type, size) in [
            ("application/json", 100),
            ("image/png", 9000),
            ("text/event-stream", 9000),
            ("application/zip", 9000),
        ] {
            let left_alone = packed(answer(media_type, size), brotli);
            assert_eq!(encoding_of(&left_alone), None, "{media_type}");
            assert!(!left_alone.headers().contains_key(VARY));
        }
        let plain = packed(answer("application/json", 2000), None);
        assert_eq!((encoding_of(&plain), plain.headers().contains_key(VARY)), (None, true));
    }
}
