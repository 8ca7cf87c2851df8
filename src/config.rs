//! Settings from the environment and `.env`, typed, with every mistake reported together.
//!
//! Nothing else reads the environment. `.env.example` lists each setting with its default; a test keeps the
//! two equal.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Where the journal is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server; the whole URL, which may hold a password.
    Postgres(String),
}

/// How an account comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anybody, at once.
    Open,
    /// Whoever has a code that the operator made for their address.
    Invite,
    /// Anybody who shows by a mail that the address is theirs.
    Verified,
}

impl Registration {
    /// The word of the setting, which `/v1/meta` gives too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Verified => "verified",
        }
    }
}

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Network addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    /// Reads an address (`10.0.0.1`) or a network (`10.0.0.0/8`, `2001:db8::/32`).
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/').map_or((text, None), |(one, other)| (one, Some(other)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { u32::BITS } else { u128::BITS };
        let length = length.map_or(Some(most), |length| length.parse().ok())?;
        (length <= most).then_some(Self { address, length })
    }

    /// Whether an address belongs to it.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        let differs = match (self.address, other) {
            (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
            _ => return false,
        };
        differs >= self.length
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self { address, length: if address.is_ipv4() { u32::BITS } else { u128::BITS } }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `DATABASE_URL`
    pub database_url: DatabaseUrl,
    /// `DATABASE_READ_URL`: a replica of the server.
    pub database_read_url: Option<String>,
    /// `BIND_ADDRESS`
    pub bind_address: SocketAddr,
    /// `METRICS_ADDRESS`; `None` = off.
    pub metrics_address: Option<SocketAddr>,
    /// `DATA_DIR`
    pub data_dir: PathBuf,
    /// `MASTER_KEY_FILE`
    pub master_key_file: PathBuf,
    /// `REGISTRATION`
    pub registration: Registration,
    /// `PUBLIC_URL`: where people reach this server; links in mails begin with it.
    pub public_url: Option<String>,
    /// `SMTP_URL`; `None` = mails are written into files. It may hold a password.
    pub smtp_url: Option<String>,
    /// `MAIL_FROM`
    pub mail_from: String,
    /// `THROTTLE`: whether sign-ins are slowed down.
    pub throttle: bool,
    /// `WORKERS`
    pub workers: usize,
    /// `DATABASE_POOL_SIZE`
    pub database_pool_size: u32,
    /// `MAX_IN_FLIGHT`
    pub max_in_flight: usize,
    /// `REQUEST_TIMEOUT_SECONDS`
    pub request_timeout: Duration,
    /// `CORS_ORIGINS`
    pub cors_origins: Vec<String>,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: Vec<Network>,
    /// `TLS_CERT_FILE` and `TLS_KEY_FILE`; `None` = no TLS.
    pub tls: Option<TlsFiles>,
    /// `LOG_FORMAT`
    pub log_format: LogFormat,
    /// `RUST_LOG`
    pub log_filter: String,
}

/// Every setting with its default, as `.env.example` lists them.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("DATABASE_URL", "sqlite://data/journal.db"),
    ("DATABASE_READ_URL", ""),
    ("BIND_ADDRESS", "127.0.0.1:8080"),
    ("METRICS_ADDRESS", ""),
    ("DATA_DIR", "data"),
    ("MASTER_KEY_FILE", "data/master.key"),
    ("REGISTRATION", "open"),
    ("PUBLIC_URL", ""),
    ("SMTP_URL", ""),
    ("MAIL_FROM", "journal@localhost"),
    ("THROTTLE", "on"),
    ("WORKERS", ""),
    ("DATABASE_POOL_SIZE", "16"),
    ("MAX_IN_FLIGHT", "1024"),
    ("REQUEST_TIMEOUT_SECONDS", "30"),
    ("CORS_ORIGINS", ""),
    ("TRUSTED_PROXIES", ""),
    ("TLS_CERT_FILE", ""),
    ("TLS_KEY_FILE", ""),
    ("LOG_FORMAT", "text"),
    ("RUST_LOG", "info"),
];

impl Config {
    /// Reads `.env` and the environment (which wins). The error names every mistake, a line each.
    #[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
    pub fn from_environment() -> Result<Self, String> {
        match dotenvy::dotenv() {
            Err(error) if !error.not_found() => return Err(format!(".env: {error}")),
            _ => {}
        }
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the settings from `look_up`.
    pub fn read(look_up: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut mistakes = Vec::new();
        let mut setting = Settings { look_up: &look_up, mistakes: &mut mistakes };

        let data_dir = PathBuf::from(setting.text("DATA_DIR"));
        // With another data directory, what was not placed on its own moves along.
        let database_url = setting.parse("DATABASE_URL", |text, given| match text.split_once("://") {
            _ if !given => Ok(DatabaseUrl::Sqlite(data_dir.join("journal.db"))),
            Some(("sqlite", path)) if !path.is_empty() => Ok(DatabaseUrl::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => Ok(DatabaseUrl::Postgres(text.to_owned())),
            _ => Err("sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE"),
        });
        let replicated = matches!(database_url, Some(DatabaseUrl::Postgres(_)));
        let database_read_url = setting.parse("DATABASE_READ_URL", |text, _| {
            optional(text, |text| match text.split_once("://") {
                Some(("postgres" | "postgresql", _)) if replicated => Ok(text.to_owned()),
                _ => Err("postgres://USER:PASSWORD@HOST/DATABASE beside a DATABASE_URL of that kind"),
            })
        });
        let master_key_file = setting.parse("MASTER_KEY_FILE", |text, given| {
            Ok(if given { PathBuf::from(text) } else { data_dir.join("master.key") })
        });
        let bind_address = setting.parse("BIND_ADDRESS", |text, _| address(text));
        let metrics_address = setting.parse("METRICS_ADDRESS", |text, _| optional(text, address));
        let registration = setting.parse("REGISTRATION", |text, _| match text {
            "open" => Ok(Registration::Open),
            "invite" => Ok(Registration::Invite),
            "verified" => Ok(Registration::Verified),
            _ => Err("open, invite or verified"),
        });
        let smtp_url = setting.parse("SMTP_URL", |text, _| optional(text, mail_server));
        let sends = smtp_url.as_ref().is_some_and(Option::is_some);
        let public_url = setting.parse("PUBLIC_URL", |text, given| match optional(text, web_address)? {
            None if sends && !given => {
                Err("an address such as https://journal.example, because SMTP_URL is set")
            }
            address => Ok(address),
        });
        let mail_from = setting.parse("MAIL_FROM", |text, given| {
            let known = text.contains('@') && (given || !sends);
            known.then(|| text.to_owned()).ok_or("an address to send from such as journal@example.org")
        });
        let throttle = setting.parse("THROTTLE", |text, _| match text {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err("on or off"),
        });
        let workers = setting.parse("WORKERS", |text, _| optional(text, |text| number(text, 1, 256)));
        let database_pool_size = setting.parse("DATABASE_POOL_SIZE", |text, _| number(text, 1, 1_000));
        let max_in_flight = setting.parse("MAX_IN_FLIGHT", |text, _| number(text, 1, 1_000_000));
        let request_timeout = setting.parse("REQUEST_TIMEOUT_SECONDS", |text, _| number(text, 1, 3_600));
        let cors_origins = setting.parse("CORS_ORIGINS", |text, _| {
            list(text, |origin| {
                let known = origin.starts_with("https://") || origin.starts_with("http://");
                known
                    .then(|| origin.to_owned())
                    .ok_or("origins such as https://app.example, separated by commas")
            })
        });
        let trusted_proxies = setting.parse("TRUSTED_PROXIES", |text, _| {
            list(text, |text| Network::parse(text).ok_or("IP addresses or networks, separated by commas"))
        });
        let tls_key = setting.text("TLS_KEY_FILE");
        let tls = setting.parse("TLS_CERT_FILE", |certificate, given| match (given, tls_key.is_empty()) {
            (false, true) => Ok(None),
            (true, false) => Ok(Some(TlsFiles { certificate: certificate.into(), key: tls_key.into() })),
            _ => Err("a file, and TLS_KEY_FILE beside it, or neither"),
        });
        let log_format = setting.parse("LOG_FORMAT", |text, _| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("text or json"),
        });
        let log_filter = setting.text("RUST_LOG");

        let assembled = || {
            Some(Self {
                database_url: database_url?,
                database_read_url: database_read_url?,
                bind_address: bind_address?,
                metrics_address: metrics_address?,
                master_key_file: master_key_file?,
                registration: registration?,
                public_url: public_url?,
                smtp_url: smtp_url?,
                mail_from: mail_from?,
                throttle: throttle?,
                workers: workers?
                    .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
                database_pool_size: u32::try_from(database_pool_size?).ok()?,
                max_in_flight: max_in_flight?,
                request_timeout: Duration::from_secs(request_timeout? as u64),
                cors_origins: cors_origins?,
                trusted_proxies: trusted_proxies?,
                tls: tls?,
                log_format: log_format?,
                log_filter,
                data_dir,
            })
        };
        assembled().ok_or_else(|| mistakes.join("\n"))
    }
}

/// Looks settings up and collects what is wrong with them.
struct Settings<'a> {
    look_up: &'a dyn Fn(&str) -> Option<String>,
    mistakes: &'a mut Vec<String>,
}

impl Settings<'_> {
    fn text(&self, name: &str) -> String {
        let default = DEFAULTS.iter().find(|(known, _)| *known == name).map_or("", |(_, default)| default);
        (self.look_up)(name).filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
    }

    /// Parses a setting; the closure's second argument says whether it was given at all. `Err` holds what
    /// is expected.
    fn parse<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str, bool) -> Result<T, &'static str>,
    ) -> Option<T> {
        let given = (self.look_up)(name).is_some_and(|text| !text.is_empty());
        parse(&self.text(name), given)
            // The value itself may be a secret: it is not repeated.
            .map_err(|expected| self.mistakes.push(format!("{name}: expected {expected}")))
            .ok()
    }
}

fn optional<T>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, &'static str> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn list<T>(text: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Result<Vec<T>, &'static str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect()
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "an address and port such as 127.0.0.1:8080")
}

/// A mail server, over TLS unless it is on this machine: links in mails open accounts.
fn mail_server(text: &str) -> Result<String, &'static str> {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let place = rest.split('/').next().unwrap_or_default();
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let host = host.split('?').next().unwrap_or_default();
    let here = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.strip_prefix(name).is_some_and(|port| port.is_empty() || port.starts_with(':')));
    let known = match scheme {
        "smtps" => !host.is_empty(),
        "smtp" => here || rest.ends_with("?tls=required"),
        _ => false,
    };
    known.then(|| text.to_owned()).ok_or(
        "smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST?tls=required; without TLS only on this machine",
    )
}

fn web_address(text: &str) -> Result<String, &'static str> {
    let known = text.starts_with("https://") || text.starts_with("http://");
    known.then(|| text.trim_end_matches('/').to_owned()).ok_or("an address such as https://journal.example")
}

fn number(text: &str, least: usize, most: usize) -> Result<usize, &'static str> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or("a whole number that is neither zero nor absurdly large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_a_working_server() {
        let config = Config::read(|_| None).unwrap();
        assert_eq!(config.database_url, DatabaseUrl::Sqlite("data/journal.db".into()));
        assert_eq!(config.master_key_file, PathBuf::from("data/master.key"));
        assert!(config.throttle && config.workers >= 1);
    }

    #[test]
    fn the_database_moves_with_the_data_directory() {
        let config = Config::read(|name| (name == "DATA_DIR").then(|| "/srv/rj".to_owned())).unwrap();
        assert_eq!(config.database_url, DatabaseUrl::Sqlite("/srv/rj/journal.db".into()));
        assert_eq!(config.master_key_file, PathBuf::from("/srv/rj/master.key"));
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_like_it() {
        let has = |network: &str, address: &str| {
            Network::parse(network).unwrap().contains(address.parse().unwrap())
        };
        for (network, inside, outside) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.168.4.128/25", "192.168.4.200", "192.168.4.127"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
        ] {
            assert!(has(network, inside) && !has(network, outside), "{network}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "host"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_mistake_is_named_at_once_and_no_value_is_repeated() {
        let error = Config::read(|name| match name {
            "BIND_ADDRESS" | "WORKERS" | "THROTTLE" => Some("hunter2".to_owned()),
            "DATABASE_URL" => Some("mysql://root:hunter2@host/db".to_owned()),
            _ => None,
        })
        .unwrap_err();
        for name in ["BIND_ADDRESS", "WORKERS", "THROTTLE", "DATABASE_URL"] {
            assert!(error.contains(name), "{name} is missing in: {error}");
        }
        assert_eq!(error.lines().count(), 4);
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn mails_leave_over_tls_or_stay_on_this_machine() {
        for good in [
            "smtps://user:pass@mail.example",
            "smtp://user:p%40ss@mail.example:587?tls=required",
            "smtp://localhost:2525",
            "smtp://127.0.0.1",
            "smtp://user:pass@[::1]:25",
        ] {
            assert_eq!(mail_server(good).as_deref(), Ok(good));
        }
        for bad in [
            "smtp://mail.example",
            "smtp://mail.example?tls=opportunistic",
            "smtp://localhost.example:25",
            "smtp://localhost@mail.example",
            "smtps://",
            "http://localhost",
            "localhost",
        ] {
            assert!(mail_server(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn whoever_sends_mails_says_from_where() {
        let read = |names: &[&str]| {
            Config::read(|name| match name {
                _ if !names.contains(&name) => None,
                "SMTP_URL" => Some("smtps://user:hunter2@mail.example".to_owned()),
                "PUBLIC_URL" => Some("https://journal.example/".to_owned()),
                _ => Some("journal@example.org".to_owned()),
            })
        };
        let error = read(&["SMTP_URL"]).unwrap_err();
        assert!(error.contains("PUBLIC_URL") && error.contains("MAIL_FROM"), "{error}");
        let config = read(&["SMTP_URL", "PUBLIC_URL", "MAIL_FROM"]).unwrap();
        assert_eq!(config.public_url.as_deref(), Some("https://journal.example"));
    }

    #[test]
    fn the_example_file_lists_each_setting_with_its_default() {
        let example = include_str!("../.env.example");
        let listed: Vec<(&str, &str)> = example
            .lines()
            .filter_map(|line| line.strip_prefix('#').unwrap_or(line).split_once('='))
            .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            .collect();
        assert_eq!(listed, DEFAULTS);
    }
}
