//! Bytes on the wire, for requests that no client library would send: plain, or over TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Server;

/// Sends bytes as they are and answers what comes back until the server closes or is silent for `patience`.
pub fn exchange(server: &Server, request: &[u8], patience: Duration) -> String {
    let mut line = Line::plain(server);
    line.patience(patience);
    // The server may have heard enough before it has heard all.
    drop(line.write_all(request));
    line.rest()
}

/// The status of an answer, 0 if there is none.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// A file of the tests' certificates, which `ca.pem` has signed: `one.pem` or `other.pem` with their keys.
pub fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/tls").join(name)
}

/// A connection to a server.
pub enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Line {
    /// A connection as it is.
    pub fn plain(server: &Server) -> Self {
        Self::Plain(TcpStream::connect(server.address()).unwrap())
    }

    /// One over TLS, which asks for a protocol by its name in ALPN.
    pub fn tls(server: &Server, protocol: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(certificate("ca.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.into()];
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut tcp = TcpStream::connect(server.address()).unwrap();
        tls.complete_io(&mut tcp).unwrap();
        Self::Tls(Box::new(StreamOwned::new(tls, tcp)))
    }

    /// The certificate that the server showed.
    pub fn shown(&self) -> CertificateDer<'static> {
        let Self::Tls(tls) = self else { panic!("no TLS, no certificate") };
        tls.conn.peer_certificates().unwrap()[0].clone().into_owned()
    }

    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => &tls.sock,
        }
    }

    /// How long to wait for something to read.
    pub fn patience(&self, patience: Duration) {
        self.tcp().set_read_timeout(Some(patience)).unwrap();
        self.tcp().set_write_timeout(Some(patience)).unwrap();
    }

    /// Says that nothing more will be sent.
    pub fn shut(&self) {
        self.tcp().shutdown(Shutdown::Write).unwrap();
    }

    /// Everything that comes until the server closes or is silent for too long.
    pub fn rest(&mut self) -> String {
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = self.read(&mut part) {
            answer.extend_from_slice(&part[..read]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// One answer with a body of known length.
    pub fn answer(&mut self) -> String {
        let mut text = String::new();
        let mut part = [0; 4096];
        loop {
            let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                let length = head
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map(|rest| rest.split("\r\n").next().unwrap_or_default().parse::<usize>().unwrap());
                body.len() >= length.unwrap_or(0)
            });
            if whole {
                return text;
            }
            let read = self.read(&mut part).unwrap();
            assert!(read > 0, "closed in the middle of an answer: {text}");
            text.push_str(&String::from_utf8_lossy(&part[..read]));
        }
    }

    /// Sends a piece of something every second, and reads what comes, until the server closes. Answers how long
    /// that took, at most `limit`, and what came.
    pub fn drip(
        &mut self,
        pieces: impl Iterator<Item = &'static [u8]>,
        limit: Duration,
    ) -> (Duration, String) {
        self.patience(Duration::from_millis(100));
        let (from, mut answer, mut part) = (Instant::now(), Vec::new(), [0; 4096]);
        let mut pieces = pieces.fuse();
        let mut next = from;
        while from.elapsed() < limit {
            if next <= Instant::now() {
                next += Duration::from_secs(1);
                if let Some(piece) = pieces.next() {
                    // Once the server has closed, reading says so.
                    drop(self.write_all(piece).and_then(|()| self.flush()));
                }
            }
            match self.read(&mut part) {
                Ok(0) => break,
                Ok(read) => answer.extend_from_slice(&part[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_closed) => break,
            }
        }
        (from.elapsed(), String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
