//! How fast somebody may try: by where they call from, and by the address they sign in with.
//!
//! An IP address (an IPv6 network of 64 bits) may make 120 tries a minute at the paths that take a secret.
//! An e-mail address, known or not, has five free tries; after each further wrong one it waits 1, 2, 4 …
//! 900 seconds. The count is kept in the database (`store`), so that it holds across processes and restarts.
//! A wait stops sign-ins only: sessions that live go on, and who is signed in and gives the password once more (to
//! change it, to erase the account) has tries of their own, which a stranger who guesses at the address cannot use up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::Network;
use crate::db::types::Time;
use crate::error::{Error, Result};

/// Tries that an IP address has at once, and again over a minute.
const TRIES_A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);
const POLICY_ADDRESS: &str = "\"address\";q=120;w=60";
const POLICY_ACCOUNT: &str = "\"account\";q=5;w=900";
/// Wrong passwords before the first wait.
const FREE_TRIES: i32 = 5;
/// Longest wait, in seconds.
const LONGEST_WAIT: i64 = 900;
/// Seconds after which wrong passwords are forgotten.
pub const MEMORY: i64 = 24 * 3_600;
/// Every so many tries, buckets that are full again are dropped.
const SWEEP: u32 = 1_024;

/// The buckets of this process; none when throttling is off.
pub struct Throttle {
    buckets: Option<DefaultKeyedRateLimiter<IpAddr>>,
    since_sweep: AtomicU32,
}

impl Throttle {
    /// On or off, as configured.
    #[must_use]
    pub fn new(on: bool) -> Self {
        let quota = Quota::per_minute(TRIES_A_MINUTE);
        let buckets = on.then(|| DefaultKeyedRateLimiter::dashmap(quota));
        Self { buckets, since_sweep: AtomicU32::new(0) }
    }

    /// Whether tries are counted at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.buckets.is_some()
    }

    /// Lets one try from `ip` pass, or says when to come back (429).
    pub fn admit(&self, ip: IpAddr) -> Result<()> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= SWEEP {
            self.since_sweep.store(0, Ordering::Relaxed);
            buckets.retain_recent();
            buckets.shrink_to_fit();
        }
        buckets.check_key(&network(ip)).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            Error::limited(POLICY_ADDRESS, "too many tries from this network address", wait.as_secs() + 1)
        })
    }
}

/// Judges a try at an e-mail address after `failures` tries that did not succeed, the last one at `last_at`.
pub fn admit_again(failures: i32, last_at: Time, now: Time) -> Result<()> {
    let wait = wait_after(failures);
    let open_at = last_at.plus_seconds(wait);
    // Of tries at once, one may be counted after another that began later: a free try is free all the same.
    // One that is longer than any wait can only be the clock's, which was set back.
    let stepped = last_at > now.plus_seconds(LONGEST_WAIT);
    if wait == 0 || stepped || now >= open_at {
        return Ok(());
    }
    let wait = u64::try_from((open_at.0 - now.0 + 999_999) / 1_000_000).unwrap_or(1);
    Err(Error::limited(POLICY_ACCOUNT, "too many wrong passwords for this account", wait))
}

/// Seconds to wait after so many failures.
fn wait_after(failures: i32) -> i64 {
    match failures - FREE_TRIES {
        waits @ 0..10 => LONGEST_WAIT.min(1 << waits),
        waits if waits < 0 => 0,
        _ => LONGEST_WAIT,
    }
}

/// Who is one caller: an IPv4 address, or the IPv6 network that one customer is given.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        IpAddr::V4(v4) => IpAddr::V4(v4),
    }
}

/// Where a request comes from. `forwarded` (the values of `X-Forwarded-For`, in order) is believed only as
/// far as it was written by proxies that are trusted: from the right, the first address that is not one.
#[must_use]
pub fn caller<'a>(
    peer: Option<IpAddr>,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[Network],
) -> IpAddr {
    let mut caller = peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()).to_canonical();
    for entry in forwarded.rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.iter().any(|network| network.contains(caller)) {
            break;
        }
        // What a trusted proxy could not name is not looked behind.
        let Ok(named) = entry.trim().parse::<IpAddr>() else { break };
        caller = named.to_canonical();
    }
    caller
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_free_tries_and_then_doubling_waits() {
        let waits: Vec<i64> = (0..18).map(wait_after).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(wait_after(i32::MAX), 900);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_ends() {
        let at = Time(1_000_000_000);
        assert!(admit_again(4, at, at).is_ok());
        assert!(admit_again(4, at, Time(at.0 - 1)).is_ok());
        let refused = |failures, after_micros| {
            let problem = admit_again(failures, at, Time(at.0 + after_micros)).err()?.problem();
            assert_eq!(problem.code.status(), 429);
            problem.retry_after
        };
        assert_eq!(refused(5, 0), Some(1));
        assert_eq!(refused(6, 999_999), Some(2));
        assert_eq!(refused(5, 1), Some(1));
        assert_eq!(refused(5, 999_999), Some(1));
        assert_eq!(refused(5, 1_000_000), None);
        assert_eq!(refused(15, 1), Some(900));
        assert_eq!(refused(15, 900_000_000), None);
        assert_eq!(refused(5, -1_000_000), Some(2), "counted by another that began later");
        assert_eq!(refused(15, -3_600_000_000), None, "nobody waits for a clock that was set back");
    }

    #[test]
    fn a_flood_from_one_network_is_stopped_and_others_are_not() {
        let throttle = Throttle::new(true);
        let flood = |from: &str| (0..200).filter(|_| throttle.admit(ip(from)).is_ok()).count();
        assert!((120..130).contains(&flood("192.0.2.1")));
        assert!(throttle.admit(ip("192.0.2.2")).is_ok());
        assert!(throttle.admit(ip("::ffff:192.0.2.1")).is_err(), "the same address in other clothes");
        flood("2001:db8::1");
        assert!(throttle.admit(ip("2001:db8::2")).is_err(), "the same network");
        assert!(throttle.admit(ip("2001:db8:0:1::1")).is_ok());
        let problem = throttle.admit(ip("192.0.2.1")).unwrap_err().problem();
        assert_eq!((problem.code.as_str(), problem.retry_after), ("too_many_requests", Some(1)));
        let answer = problem.respond("r");
        let header = |name: &str| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header("Retry-After"), "1");
        assert_eq!(header("RateLimit-Policy"), "\"address\";q=120;w=60");
        assert_eq!(header("RateLimit"), "\"address\";r=0;t=1");
    }

    #[test]
    fn switched_off_it_stops_nobody() {
        let throttle = Throttle::new(false);
        assert!((0..1_000).all(|_| throttle.admit(ip("192.0.2.1")).is_ok()));
    }

    #[test]
    fn full_buckets_are_dropped() {
        let throttle = Throttle::new(true);
        let admit = |numbers: std::ops::Range<u32>| {
            for number in numbers {
                throttle.admit(Ipv4Addr::from_bits(number).into()).unwrap();
            }
        };
        admit(0..1_000);
        // One try is made good in half a second, and dropped after as long again.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        admit(1_000..1_100);
        assert!(throttle.buckets.unwrap().len() <= 100);
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")].map(Network::from);
        let from =
            |peer: &str, forwarded: &[&str]| caller(Some(ip(peer)), forwarded.iter().copied(), &trusted);
        assert_eq!(from("192.0.2.9", &["198.51.100.1"]), ip("192.0.2.9"), "not a proxy of ours");
        assert_eq!(from("10.0.0.1", &[]), ip("10.0.0.1"));
        assert_eq!(from("10.0.0.1", &["198.51.100.1"]), ip("198.51.100.1"));
        assert_eq!(
            from("10.0.0.1", &["203.0.113.5, 198.51.100.1, 10.0.0.2"]),
            ip("198.51.100.1"),
            "forged left"
        );
        assert_eq!(
            from("10.0.0.1", &["203.0.113.5", "198.51.100.1,10.0.0.2"]),
            ip("198.51.100.1"),
            "two lines"
        );
        assert_eq!(from("10.0.0.1", &["198.51.100.1, unknown"]), ip("10.0.0.1"));
        assert_eq!(from("::ffff:10.0.0.1", &["2001:db8::7"]), ip("2001:db8::7"));
    }
}
