//! TLS without a proxy: HTTP/1.1 and HTTP/2 (ALPN), with a certificate that is exchanged while the server runs.
//!
//! It refuses to start with files that are not a certificate chain and its key. Asked to read them anew
//! (SIGHUP), it refuses a bad pair and goes on with the one it has. A handshake that takes too long is cut.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use actix_http::Protocol;
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::wire::HEAD;
use crate::config::TlsFiles;

/// A connection with or without TLS.
pub type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// What is needed to speak TLS. Cheap to clone; every clone has the same certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
}

/// The certificate in use.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads the files. The error is a sentence for the operator.
    pub fn load(files: TlsFiles) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = Arc::new(Current(RwLock::new(read(&files, &provider)?)));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be spoken: {error}"))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        Ok(Self { acceptor: Arc::new(config).into(), files, provider, current })
    }

    /// Reads the files anew, for the connections to come.
    pub fn reload(&self) -> Result<(), String> {
        let new = read(&self.files, &self.provider)?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Shakes hands, and says which protocol the client chose.
    pub async fn accept(&self, io: TcpStream) -> io::Result<(Stream, Protocol)> {
        let stream = timeout(HEAD, self.acceptor.accept(io)).await??;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(HTTP_2) => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Ok((Either::Right(Box::new(stream)), protocol))
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, String> {
    let chain: Result<Vec<_>, pem::Error> =
        CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| bad("TLS_CERT_FILE", &files.certificate, &error))?;
    if chain.is_empty() {
        return Err(bad("TLS_CERT_FILE", &files.certificate, &"there is no certificate in it"));
    }
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| bad("TLS_KEY_FILE", &files.key, &error))?;
    let pair = CertifiedKey::from_der(chain, key, provider);
    Ok(Arc::new(pair.map_err(|error| bad("TLS_KEY_FILE", &files.key, &error))?))
}

fn bad(setting: &str, path: &Path, reason: &dyn Display) -> String {
    format!("{setting}: {}: {reason}", path.display())
}
