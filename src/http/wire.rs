//! The connection under the requests: what HTTP/1 parsing leaves open is closed here, and what it answers
//! bare is dressed as a problem.
//!
//! It refuses to wait for a client that begins a further request and never ends it, that never sends the
//! rest of a body already answered, or that never takes an answer. (The first request's head has its own
//! timer, a body its least speed in `http::body`, and a request under way its deadline in `http::envelope`.)
//! The server's own answers to what is not HTTP at all (400, 408, 431) never pass the envelope; they are
//! replaced on their way out. The same holds over TLS (`http::tls`), and of HTTP/2, whose streams are requests
//! under way at the same time.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::web::{Buf as _, Bytes};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::envelope;
use super::operation::Closing;
use crate::error::Code;

/// How long an idle connection is kept for a further request.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a request's head may take.
pub const HEAD: Duration = Duration::from_secs(10);
/// How long a client may take nothing of an answer that is ready for it.
const UNREAD: Duration = Duration::from_secs(10);
/// How often a connection is looked at on which nothing is waited for.
const TICK: Duration = Duration::from_secs(5);

/// What the envelope and the wire tell each other about a connection.
pub struct Connection {
    /// Requests whose answer is not out yet.
    under_way: Cell<u32>,
    /// Whether it is HTTP/2, whose requests are streams beside each other.
    streams: Cell<bool>,
    /// Streams that wait for their client to take a piece of the answer.
    untaken: Cell<u32>,
    /// When a piece was handed over or taken last.
    moved: Cell<Instant>,
    /// Whether something arrived since the last answer.
    heard: Cell<bool>,
    /// Since when that is so.
    since: Cell<Instant>,
    /// Whether to close after the answer.
    hang_up: Cell<bool>,
    /// Whether the client has closed its side.
    left: Cell<bool>,
}

impl Connection {
    fn new() -> Rc<Self> {
        Rc::new(Self {
            under_way: Cell::new(0),
            streams: Cell::new(false),
            untaken: Cell::new(0),
            moved: Cell::new(Instant::now()),
            heard: Cell::new(false),
            since: Cell::new(Instant::now()),
            hang_up: Cell::new(false),
            left: Cell::new(false),
        })
    }

    /// Closes the connection once its answer is out, whatever the client still means to send.
    pub fn hang_up(&self) {
        self.hang_up.set(true);
    }

    /// Whether the client has closed its side: an answer that goes on for ever then has nobody to read it. The
    /// connection looks before it asks an answer for more, so that asking this each time is soon enough.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.left.get()
    }

    fn hear(&self) {
        if self.under_way.get() == 0 && !self.heard.replace(true) {
            self.since.set(Instant::now());
        }
    }

    /// Until when this connection is waited for; `None` while the server works on an answer.
    fn until(&self) -> Option<Instant> {
        if self.under_way.get() > 0 {
            let untaken = self.streams.get() && self.untaken.get() > 0;
            return untaken.then(|| self.moved.get() + UNREAD);
        }
        let patience = match self.heard.get() {
            _ if self.hang_up.get() => Duration::ZERO,
            true => HEAD,
            false => KEEP_ALIVE,
        };
        Some(self.since.get() + patience)
    }
}

/// A request under way; dropped when its answer has been handed over to the connection.
pub struct UnderWay {
    connection: Rc<Connection>,
    open_ended: bool,
    untaken: bool,
}

impl UnderWay {
    /// Notes that a request has begun. `open_ended`: its length is not known beforehand, so that its body
    /// may not have ended when it is answered.
    #[must_use]
    pub fn new(connection: &Rc<Connection>, open_ended: bool) -> Self {
        connection.under_way.set(connection.under_way.get() + 1);
        Self { connection: Rc::clone(connection), open_ended, untaken: false }
    }

    /// Notes that the connection asked for a piece of the answer, which says that the one before is taken, and
    /// whether it got one: that is the client's to take. (What HTTP/1 has asked for lies in its buffer, and is
    /// watched as it is written. A stream of HTTP/2 asks only as far as its client makes room.)
    pub fn hand_over(&mut self, got: bool) {
        let connection = &self.connection;
        if !connection.streams.get() {
            return;
        }
        let others = connection.untaken.get().saturating_sub(u32::from(self.untaken));
        connection.untaken.set(others + u32::from(got));
        connection.moved.set(Instant::now());
        self.untaken = got;
    }

    /// The request's connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.hand_over(false);
        let connection = &self.connection;
        connection.under_way.set(connection.under_way.get().saturating_sub(1));
        connection.heard.set(self.open_ended);
        connection.since.set(Instant::now());
    }
}

/// A client's connection.
pub struct Wire<Io> {
    io: Io,
    connection: Rc<Connection>,
    timer: Pin<Box<Sleep>>,
    unread_since: Option<Instant>,
    /// What goes out in place of a bare answer.
    dressed: Bytes,
    /// Resolves when the server closes, for a protocol that does not see to that itself.
    farewell: Option<LocalBoxFuture<'static, ()>>,
    secure: bool,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Wire<Io> {
    /// Takes a connection over. `secure`: it speaks TLS.
    #[must_use]
    pub fn new(io: Io, secure: bool) -> Self {
        Self {
            io,
            connection: Connection::new(),
            timer: Box::pin(sleep(TICK)),
            unread_since: None,
            dressed: Bytes::new(),
            farewell: None,
            secure,
        }
    }

    /// The same for HTTP/2, which is closed after its last answer once the server closes.
    #[must_use]
    pub fn of_streams(self, closing: Closing) -> Self {
        self.connection.streams.set(true);
        Self { farewell: Some(Box::pin(async move { closing.begun().await })), ..self }
    }

    /// Lets the requests of this connection find it.
    pub fn introduce(&self, extensions: &mut Extensions) {
        extensions.insert(Rc::clone(&self.connection));
    }

    /// Whether a moment has come; if not, this connection is looked at again then or before.
    fn is_past(&mut self, cx: &mut Context<'_>, until: Instant) -> bool {
        if until < self.timer.deadline() {
            self.timer.as_mut().reset(until);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if until <= Instant::now() {
                return true;
            }
            self.timer.as_mut().reset(until);
        }
        false
    }

    /// Whether this connection is not to be waited for any longer.
    fn is_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        if self.farewell.as_mut().is_some_and(|farewell| farewell.poll_unpin(cx).is_ready()) {
            self.farewell = None;
            self.connection.hang_up();
        }
        if let Some(until) = self.connection.until() {
            return self.is_past(cx, until);
        }
        self.is_past(cx, Instant::now() + TICK);
        false
    }

    /// Writes, and gives up on a client that has not read for too long.
    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.patiently(cx, written)
    }

    fn patiently<T>(&mut self, cx: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.unread_since = None;
            return done;
        }
        let since = *self.unread_since.get_or_insert_with(Instant::now);
        if self.is_past(cx, since + UNREAD) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }

    fn write_dressed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.dressed.is_empty() {
            let bytes = self.dressed.clone();
            let written = ready!(self.write(cx, &bytes))?;
            self.dressed.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        if read.is_ready() {
            if buffer.filled().len() > filled {
                self.connection.hear();
            } else {
                self.connection.left.set(true);
            }
            return read;
        }
        // Nothing read means the end of the stream, and the server closes its side.
        if self.is_overdue(cx) { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.write_dressed(cx))?;
        let Some((code, head)) = bare(bytes) else { return self.write(cx, bytes) };
        self.dressed = envelope::refusal_on_the_wire(code, &head, self.secure);
        if let Poll::Ready(outcome) = self.write_dressed(cx) {
            outcome?;
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_dressed(cx))?;
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.patiently(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_dressed(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Which problem a bare answer means, if this is one: a head without a body and without a request id. Gives
/// its head as well.
fn bare(bytes: &[u8]) -> Option<(Code, String)> {
    let code = match bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)? {
        b"400" => Code::BadRequest,
        b"408" => Code::RequestTimeout,
        b"431" => Code::HeadersTooLarge,
        _ => return None,
    };
    let head = std::str::from_utf8(bytes.strip_suffix(b"\r\n\r\n")?).ok()?;
    let low = head.to_ascii_lowercase();
    let is_bare = low.contains("\r\ncontent-length: 0") && !low.contains("\r\nx-request-id: ");
    is_bare.then(|| (code, head.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_of_the_parser_is_bare() {
        let answer = |status: &str, headers: &str| format!("HTTP/1.1 {status}\r\n{headers}\r\n").into_bytes();
        let of = |status, headers| bare(&answer(status, headers)).map(|(code, _)| code.as_str());
        assert_eq!(of("400 Bad Request", "content-length: 0\r\n"), Some("bad_request"));
        assert_eq!(of("408 Request Timeout", "Content-Length: 0\r\nx: y\r\n"), Some("request_timeout"));
        assert_eq!(of("431 X", "a: b\r\ncontent-length: 0\r\n"), Some("headers_too_large"));
        assert_eq!(of("404 Not Found", "content-length: 0\r\n"), None);
        assert_eq!(of("400 Bad Request", "content-length: 12\r\n"), None);
        assert_eq!(of("400 Bad Request", "content-length: 0\r\nx-request-id: 1\r\n"), None);
        assert_eq!(bare(b"HTTP/1.1 400 {\"note\":\"content-length: 0\"}"), None);
        assert_eq!(bare(b""), None);
    }

    fn is_overdue(connection: &Connection) -> bool {
        connection.until().is_some_and(|until| until <= Instant::now())
    }

    fn pass(moment: &Cell<Instant>, time: Duration) {
        moment.set(moment.get().checked_sub(time).unwrap());
    }

    #[test]
    fn a_connection_is_overdue_by_what_it_waits_for() {
        let connection = Connection::new();
        let pass = |time| pass(&connection.since, time);
        pass(KEEP_ALIVE.checked_sub(TICK).unwrap());
        assert!(!is_overdue(&connection), "idle within keep-alive");
        connection.hear();
        pass(HEAD.checked_sub(TICK).unwrap());
        connection.hear();
        assert!(!is_overdue(&connection), "a head on its way");
        pass(TICK + TICK);
        assert!(is_overdue(&connection), "a head that never ended, however often a byte of it came");
        let request = UnderWay::new(&connection, false);
        pass(KEEP_ALIVE * 10);
        assert!(!is_overdue(&connection), "an answer under way has its own deadline");
        connection.hang_up();
        assert!(!is_overdue(&connection), "the answer goes out first");
        drop(request);
        assert!(is_overdue(&connection), "closed after the answer");
    }

    #[test]
    fn a_body_that_may_go_on_after_its_answer_is_not_waited_for_as_long_as_a_new_request() {
        let connection = Connection::new();
        for (open_ended, overdue) in [(false, false), (true, true)] {
            drop(UnderWay::new(&connection, open_ended));
            pass(&connection.since, HEAD + TICK);
            assert_eq!(is_overdue(&connection), overdue);
        }
    }

    #[test]
    fn an_answer_that_nobody_takes_is_not_kept_for_ever() {
        let connection = Connection::new();
        connection.streams.set(true);
        let (mut one, mut other) = (UnderWay::new(&connection, false), UnderWay::new(&connection, false));
        one.hand_over(true);
        pass(&connection.moved, UNREAD);
        assert!(is_overdue(&connection));
        other.hand_over(true);
        assert!(!is_overdue(&connection), "somebody reads on this connection");
        other.hand_over(false);
        one.hand_over(false);
        pass(&connection.moved, UNREAD);
        assert!(!is_overdue(&connection), "the answers have no more to give yet");
        one.hand_over(true);
        drop(one);
        pass(&connection.moved, UNREAD);
        assert!(!is_overdue(&connection), "gone with its answer");
        other.hand_over(true);
        pass(&connection.moved, UNREAD);
        assert!(is_overdue(&connection));
        connection.streams.set(false);
        assert!(!is_overdue(&connection), "HTTP/1 is watched as it is written");
    }
}
