//! Where a PostgreSQL server is, and how it is spoken to: in the clear, or by TLS to a server that proves who it is.
//!
//! Refuses TLS to whoever happens to answer: with `sslmode=require` and `sslmode=verify-full` alike the server's
//! certificate must come from an authority of `sslrootcert` (without it, of the machine's) and bear the host's name.

use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

/// A server to connect to. Cheap to clone.
#[derive(Clone)]
pub struct Address {
    config: Arc<tokio_postgres::Config>,
    tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads a URL as libpq does, but for TLS as above.
    pub fn parse(url: &str) -> Result<Self> {
        let (server, parameters) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut authorities, mut others) = (None, None, Vec::new());
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => authorities = Some(value),
                _ => others.push(parameter),
            }
        }
        // Neither the URL nor a library's opinion of it is repeated: there may be a password in it.
        let mut config: tokio_postgres::Config = format!("{server}?{}", others.join("&"))
            .parse()
            .map_err(|_| Error::internal("the address of PostgreSQL cannot be read"))?;
        let tls = match mode {
            None | Some("disable" | "prefer") if authorities.is_none() => None,
            Some("require" | "verify-full") => Some(connector(authorities)?),
            _ => {
                let expected = "sslmode=require or sslmode=verify-full, with or without sslrootcert=FILE";
                return Err(Error::internal(format!("PostgreSQL by TLS: expected {expected}")));
            }
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config: Arc::new(config), tls })
    }

    /// Connects.
    pub async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let bad = |error: tokio_postgres::Error| {
            // The library says only in what part it failed; the reason is what it was told.
            let reason = std::error::Error::source(&error).map(|source| format!(": {source}"));
            ConnectionError::BadConnection(format!("{error}{}", reason.unwrap_or_default()))
        };
        match self.tls.clone() {
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(bad)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls).await.map_err(bad)?;
                AsyncPgConnection::try_from_client_and_connection(client, connection).await
            }
        }
    }
}

fn connector(authorities: Option<&str>) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    match authorities.filter(|path| *path != "system") {
        Some(path) => {
            let bad =
                |reason: &dyn std::fmt::Display| Error::internal(format!("sslrootcert {path}: {reason}"));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad(&error))? {
                let certificate = certificate.map_err(|error| bad(&error))?;
                roots.add(certificate).map_err(|error| bad(&error))?;
            }
            if roots.is_empty() {
                return Err(bad(&"there is no certificate in it"));
            }
        }
        // What this machine cannot read of its own does not count.
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_verified_or_there_is_none() {
        let tls = |parameters: &str| {
            Address::parse(&format!("postgres://ann:hunter2@db.example/journal{parameters}"))
                .map(|address| address.tls.is_some())
                .map_err(|error| error.to_string())
        };
        for plain in ["", "?sslmode=disable", "?sslmode=prefer&connect_timeout=3"] {
            assert_eq!(tls(plain), Ok(false), "{plain}");
        }
        for proven in ["?sslmode=require", "?application_name=rj&sslmode=verify-full&sslrootcert=system"] {
            assert_eq!(tls(proven), Ok(true), "{proven}");
        }
        // Who names authorities wants them asked.
        for wrong in [
            "?sslmode=allow",
            "?sslmode=verify-ca",
            "?sslrootcert=a.pem",
            "?sslmode=require&sslrootcert=no.pem",
        ] {
            let reason = tls(wrong).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
        assert!(!tls("?nonsense=1").unwrap_err().contains("hunter2"));
    }
}
