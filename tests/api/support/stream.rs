//! An open event stream, and what comes out of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use super::Client;

/// A poke comes within this time of its write.
pub const SOON: Duration = Duration::from_secs(1);

/// An open stream.
pub struct Stream {
    /// The head of the answer.
    pub head: String,
    events: Receiver<String>,
    socket: TcpStream,
}

impl Stream {
    /// Opens a stream with these request headers, a line each.
    pub fn open(address: &str, query: &str, headers: &str) -> Self {
        let mut socket = TcpStream::connect(address).unwrap();
        write!(
            socket,
            "GET /v1/sync/stream{query} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, br\r\n{headers}\r\n"
        )
        .unwrap();
        let mut lines = BufReader::new(socket.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).unwrap() > 0, "the server hangs up: {head}");
        }
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            let mut event = String::new();
            loop {
                let mut line = String::new();
                if lines.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                match line.trim_end() {
                    "" if event.is_empty() => {}
                    "" => drop(sender.send(std::mem::take(&mut event))),
                    // The last chunk: the stream has ended as it should.
                    "0" if event.is_empty() => drop(sender.send("end".to_owned())),
                    // The lengths of chunks are not part of the stream.
                    text if text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {}
                    text => {
                        event = if event.is_empty() { text.to_owned() } else { format!("{event}|{text}") }
                    }
                }
            }
        });
        Self { head, events, socket }
    }

    /// Opens one for a client who is signed in.
    pub fn of(client: &Client, address: &str) -> Self {
        let stream = Self::open(address, "", &bearer(client));
        assert_eq!(stream.status(), 200, "{}", stream.head);
        stream
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        crate::support::wire::status(&self.head)
    }

    /// The next event, `None` when there is none in time.
    pub fn next(&self, within: Duration) -> Option<String> {
        self.events.recv_timeout(within).ok()
    }

    /// Fails unless the next event is the poke of this revision, in time.
    #[track_caller]
    pub fn expect(&self, revision: i64) {
        let wanted = format!("event: changed|id: {revision}|data: {{\"revision\":{revision}}}");
        assert_eq!(self.next(SOON), Some(wanted));
    }

    /// Fails unless nothing comes for a while.
    #[track_caller]
    pub fn expect_nothing(&self) {
        assert_eq!(self.next(SOON), None);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The server may have closed it before.
        drop(self.socket.shutdown(Shutdown::Both));
    }
}

/// Fails unless each of these streams tells this revision next.
#[track_caller]
pub fn all_hear<'a>(streams: impl IntoIterator<Item = &'a Stream>, revision: i64) {
    for stream in streams {
        stream.expect(revision);
    }
}

/// The header line of a client's token.
pub fn bearer(client: &Client) -> String {
    format!("Authorization: Bearer {}\r\n", client.token.as_deref().unwrap())
}
