//! Hashing of passwords on threads of its own.
//!
//! A hash takes 19 MiB and tens of milliseconds of a core on purpose. A bounded number of threads does this
//! work (one less than there are cores, so that a storm of sign-ins leaves the others their core), each with
//! one piece of memory that it uses again. Refuses work (503 with `Retry-After`) when 32 callers wait
//! already or when a caller's turn has not come within a second, and refuses to start with a cost below
//! [`COST`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::passwords::{self, COST, Cost, Fault, Stored};
use crate::db::seal::random;
use crate::error::{Code, Error, Result};
use crate::http::meters;

/// Callers that may wait for a thread; one more is refused.
const QUEUE: usize = 32;
/// How long a caller waits for its turn.
const PATIENCE: Duration = Duration::from_secs(1);
/// After so long without work a thread gives its memory back.
const IDLE: Duration = Duration::from_secs(5);

/// A password on its way to a thread; wiped when dropped.
pub type Password = Zeroizing<String>;

/// What came of checking a password.
#[derive(Debug)]
pub struct Verdict {
    /// Whether it is the right one.
    pub right: bool,
    /// The hash to keep from now on, when the kept one was made at another cost.
    pub rehashed: Option<String>,
}

/// The threads and their queue.
pub struct Hasher {
    queue: Arc<Queue>,
    cost: Cost,
    /// What a password is checked against when the address is unknown: nobody's.
    nobody: Stored,
}

struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    hashes: AtomicU64,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

struct Job {
    /// Tells the caller that its turn has come; closed when the caller has gone.
    begin: oneshot::Sender<()>,
    work: Box<dyn FnOnce(&mut Bench) + Send>,
}

/// A thread's working place: the memory and the count of hashes.
struct Bench {
    blocks: Vec<Block>,
    queue: Arc<Queue>,
}

impl Hasher {
    /// Starts `threads` threads (at least one) that hash at `cost`.
    pub fn start(cost: Cost, threads: usize) -> Result<Self> {
        if !cost.is_enough() {
            return Err(Error::internal(format!(
                "{cost:?} is too cheap for passwords; {COST:?} is the least"
            )));
        }
        let queue =
            Arc::new(Queue { state: Mutex::default(), ready: Condvar::new(), hashes: AtomicU64::new(0) });
        let this = Self { cost, nobody: Stored { cost, salt: random()?, hash: random()? }, queue };
        for _ in 0..threads.max(1) {
            let bench = Bench { blocks: Vec::new(), queue: this.queue.clone() };
            std::thread::Builder::new()
                .name("password-hasher".into())
                .spawn(move || work(bench))
                .map_err(Error::internal)?;
        }
        Ok(this)
    }

    /// How many hashes were computed since the start.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.queue.hashes.load(Ordering::Relaxed)
    }

    /// Judges a new password against the person's own words ([`passwords::fault`]). No hash.
    pub async fn fault(&self, password: Password, words: Vec<String>) -> Result<Option<Fault>> {
        self.run(move |_| Ok(passwords::fault(&password, &words))).await
    }

    /// Hashes a new password: one hash.
    pub async fn hash(&self, password: Password) -> Result<String> {
        let cost = self.cost;
        self.run(move |bench| bench.hash_new(&password, cost)).await
    }

    /// Checks a password against the kept hash, or against nobody's when the address is unknown. One hash
    /// either way, and a second one when the password is right and was kept at another cost.
    pub async fn verify(&self, kept: Option<&str>, password: Password) -> Result<Verdict> {
        let stored = match kept {
            Some(text) => {
                Stored::parse(text).ok_or_else(|| Error::internal("a kept password is unreadable"))?
            }
            None => self.nobody.clone(),
        };
        let (cost, known) = (self.cost, kept.is_some());
        self.run(move |bench| {
            let hash = bench.hash(&password, &stored.salt, stored.cost)?;
            let right = bool::from(hash.ct_eq(&stored.hash)) && known;
            let stale = right && stored.cost != cost;
            Ok(Verdict { right, rehashed: stale.then(|| bench.hash_new(&password, cost)).transpose()? })
        })
        .await
    }

    /// Does `job` on one of the threads.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Bench) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let busy = || Error::later(Code::Overloaded, "too many sign-ins at once", 1);
        let (begin, turn) = oneshot::channel();
        let (sender, answer) = oneshot::channel();
        let work = Box::new(move |bench: &mut Bench| drop(sender.send(job(bench))));
        {
            let mut state = self.queue.lock();
            if state.jobs.len() >= QUEUE {
                state.jobs.retain(|job| !job.begin.is_closed());
            }
            if state.jobs.len() >= QUEUE {
                return Err(busy());
            }
            state.jobs.push_back(Job { begin, work });
            meters::hashes_waiting().set(count(&state.jobs));
        }
        self.queue.ready.notify_one();
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(())) => answer.await.unwrap_or_else(|_| Err(Error::internal("hashing panicked"))),
            _ => Err(busy()),
        }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.ready.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(jobs: &VecDeque<Job>) -> u32 {
    u32::try_from(jobs.len()).unwrap_or(u32::MAX)
}

/// A thread's life.
fn work(mut bench: Bench) {
    let queue = bench.queue.clone();
    let mut state = queue.lock();
    while !state.closed {
        if let Some(job) = state.jobs.pop_front() {
            meters::hashes_waiting().set(count(&state.jobs));
            // When nobody waits any more there is nothing to do.
            if job.begin.send(()).is_err() {
                continue;
            }
            drop(state);
            if catch_unwind(AssertUnwindSafe(|| (job.work)(&mut bench))).is_err() {
                tracing::error!("hashing a password panicked");
                bench.blocks = Vec::new();
            }
            state = queue.lock();
        } else if bench.blocks.is_empty() {
            state = queue.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        } else {
            let (waited, result) =
                queue.ready.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = waited;
            if result.timed_out() && state.jobs.is_empty() {
                bench.blocks = Vec::new();
            }
        }
    }
}

impl Bench {
    fn hash(&mut self, password: &str, salt: &[u8; 16], cost: Cost) -> Result<[u8; 32]> {
        let mut out = [0; 32];
        let params =
            Params::new(cost.memory, cost.passes, cost.lanes, Some(out.len())).map_err(Error::internal)?;
        if self.blocks.len() < params.block_count() {
            self.blocks.resize(params.block_count(), Block::new());
        }
        self.queue.hashes.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("password_hashes_total").increment(1);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut self.blocks)
            .map_err(Error::internal)?;
        Ok(out)
    }

    fn hash_new(&mut self, password: &str, cost: Cost) -> Result<String> {
        let salt = random()?;
        Ok(Stored { cost, salt, hash: self.hash(password, &salt, cost)? }.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::future::join_all;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn a_weaker_cost_does_not_start() {
        for cost in [Cost { memory: 8_192, ..COST }, Cost { passes: 1, ..COST }] {
            assert!(Hasher::start(cost, 1).is_err());
        }
    }

    #[actix_web::test]
    async fn known_and_unknown_cost_one_hash_each() {
        let hasher = Hasher::start(COST, 1).unwrap();
        let kept = hasher.hash(password("a quiet harbour")).await.unwrap();
        assert_eq!(hasher.hashes(), 1);
        let right = hasher.verify(Some(&kept), password("a quiet harbour")).await.unwrap();
        assert!(right.right && right.rehashed.is_none());
        assert_eq!(hasher.hashes(), 2);
        assert!(!hasher.verify(Some(&kept), password("A quiet harbour")).await.unwrap().right);
        assert_eq!(hasher.hashes(), 3);
        assert!(!hasher.verify(None, password("a quiet harbour")).await.unwrap().right);
        assert_eq!(hasher.hashes(), 4);
    }

    #[actix_web::test]
    async fn a_hash_of_another_cost_is_made_anew_when_the_password_is_right() {
        let dearer = Cost { memory: 20_480, passes: 2, lanes: 1 };
        let kept = Hasher::start(dearer, 1).unwrap().hash(password("a quiet harbour")).await.unwrap();
        let hasher = Hasher::start(COST, 1).unwrap();
        assert!(hasher.verify(Some(&kept), password("wrong")).await.unwrap().rehashed.is_none());
        let anew = hasher.verify(Some(&kept), password("a quiet harbour")).await.unwrap().rehashed.unwrap();
        assert!(anew.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hasher.verify(Some(&anew), password("a quiet harbour")).await.unwrap().right);
        assert!(hasher.verify(Some("$2b$12$x"), password("x")).await.is_err());
    }

    /// Keeps the only thread busy until the sender is dropped.
    fn occupy(hasher: &Hasher) -> std::sync::mpsc::Sender<()> {
        let (hold, end) = std::sync::mpsc::channel::<()>();
        let (begin, turn) = oneshot::channel();
        let work = Box::new(move |_: &mut Bench| {
            let _ended = end.recv();
        });
        hasher.queue.lock().jobs.push_back(Job { begin, work });
        hasher.queue.ready.notify_one();
        turn.blocking_recv().unwrap();
        hold
    }

    fn is_overloaded<T>(result: &Result<T>) -> bool {
        let Err(error) = result else { return false };
        let problem = error.problem();
        problem.code == Code::Overloaded && problem.retry_after == Some(1)
    }

    #[actix_web::test]
    async fn the_queue_is_bounded_and_so_is_the_wait() {
        let hasher = Hasher::start(COST, 1).unwrap();
        let hold = std::thread::scope(|scope| scope.spawn(|| occupy(&hasher)).join()).unwrap();
        let since = Instant::now();
        let asked = join_all((0..40).map(|_| hasher.fault(password("short"), Vec::new()))).await;
        assert!(asked.iter().all(is_overloaded));
        assert_eq!(hasher.queue.lock().jobs.len(), QUEUE, "eight were refused at once");
        assert!((PATIENCE..PATIENCE * 3).contains(&since.elapsed()));
        drop(hold);
        assert!(hasher.hash(password("a quiet harbour")).await.is_ok());
        assert_eq!(hasher.hashes(), 1, "those who had gone were not hashed for");
    }

    #[actix_web::test]
    async fn a_panic_takes_nobody_else_down() {
        let hasher = Hasher::start(COST, 1).unwrap();
        let broken: Result<()> = hasher.run(|_| panic!("a fault")).await;
        assert!(matches!(broken, Err(Error::Internal(_))));
        assert!(hasher.hash(password("a quiet harbour")).await.is_ok());
    }
}
