//! Who is let in when there is more to do than can be done.
//!
//! A request that is worked on holds a place; beyond [`Admission::new`]'s number the next is refused. While its
//! body is still on the way it steps aside, so that slow clients do not keep the places of others; of such there
//! may be [`ARRIVING`]. And a worker that has been behind for a while refuses what has waited for too long
//! already: it is better to answer most requests quickly and the others at once than all of them late.
//! A refusal costs next to nothing, so that a flood leaves the worker most of its time for work.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use metrics::Gauge;

use super::meters;
use crate::error::{Code, Error, Result};

/// Bodies that may be on their way at a time. Each may be in memory, in part.
const ARRIVING: usize = 1_024;
/// How long a round of a worker may take before it is late, and a late worker goes on letting requests in.
const WAIT: Duration = Duration::from_micros(2_500);
/// So many in one round of the worker are no crowd, however long they take.
const CROWD: u32 = 32;
/// How much longer a worker has to have been late than not before it refuses anything.
const LASTING: Duration = Duration::from_millis(100);

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Enough are worked on.
    InFlight,
    /// Enough bodies are on their way.
    Arriving,
    /// The worker is behind.
    Behind,
}

impl Refusal {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::InFlight, Self::Arriving, Self::Behind];

    /// Its name in the figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InFlight => "in_flight",
            Self::Arriving => "arriving",
            Self::Behind => "behind",
        }
    }

    /// What the caller is told.
    #[must_use]
    pub fn error(self) -> Error {
        meters::refused(self.as_str()).increment(1);
        Error::later(Code::Overloaded, Code::Overloaded.title(), 1)
    }

    /// The answer to a request with this id, made without the detours that an error takes: when it is needed there is
    /// no time for them.
    #[must_use]
    pub fn answer(self, id: &str) -> HttpResponse {
        meters::problem(Code::Overloaded).increment(1);
        self.error().problem().respond(id)
    }
}

/// The places of all workers.
pub struct Admission {
    most: usize,
    working: Count,
    arriving: Count,
}

/// How many there are of something, also for the figures.
struct Count {
    now: AtomicUsize,
    gauge: Gauge,
}

impl Count {
    fn new(gauge: Gauge) -> Self {
        Self { now: AtomicUsize::new(0), gauge }
    }

    /// Counts one more, unless there are `most`.
    fn up(&self, most: usize) -> bool {
        let room = self.now.fetch_add(1, Ordering::Relaxed) < most;
        if room {
            self.gauge.increment(1);
        } else {
            self.now.fetch_sub(1, Ordering::Relaxed);
        }
        room
    }

    fn down(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.gauge.decrement(1);
    }
}

impl Admission {
    /// Places for `most` requests.
    pub fn new(most: usize) -> Arc<Self> {
        let (working, arriving) = (Count::new(meters::in_flight()), Count::new(meters::arriving()));
        Arc::new(Self { most, working, arriving })
    }

    /// How many requests hold a place.
    pub fn in_flight(&self) -> usize {
        self.working.now.load(Ordering::Relaxed)
    }

    /// A place for one request, `always` even if there is none.
    pub fn place(self: &Arc<Self>, always: bool) -> Result<Place, Refusal> {
        let most = if always { usize::MAX } else { self.most };
        let at = if self.working.up(most) { At::Work } else { return Err(Refusal::InFlight) };
        Ok(Place { admission: Arc::clone(self), at: Cell::new(at) })
    }
}

/// Where a request is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Work,
    Body,
    End,
}

/// A request's place.
pub struct Place {
    admission: Arc<Admission>,
    at: Cell<At>,
}

impl Place {
    /// Waits for a piece of the body without keeping the place.
    pub async fn aside<T>(&self, piece: impl Future<Output = T>) -> Result<T> {
        self.leave();
        if !self.admission.arriving.up(ARRIVING) {
            return Err(Refusal::Arriving.error());
        }
        self.at.set(At::Body);
        let piece = piece.await;
        self.leave();
        if !self.admission.working.up(self.admission.most) {
            return Err(Refusal::InFlight.error());
        }
        self.at.set(At::Work);
        Ok(piece)
    }

    /// Gives the place back.
    pub fn leave(&self) {
        match self.at.replace(At::End) {
            At::Work => self.admission.working.down(),
            At::Body => self.admission.arriving.down(),
            At::End => {}
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A worker's rounds: in each it looks once at every connection that has something for it. What comes late in a
/// round has been waiting since its beginning.
#[derive(Default)]
pub struct Rounds {
    begun: Cell<Option<Instant>>,
    ended: Cell<Option<Instant>>,
    seen: Cell<u32>,
    /// How much longer the rounds were late than not, of late.
    behind: Cell<Duration>,
}

impl Rounds {
    /// Whether a request may begin.
    pub fn admit(self: &Rc<Self>, now: Instant) -> Result<(), Refusal> {
        if self.begun.get().is_none() {
            let this = Rc::clone(self);
            // Its turn comes after everything that is ready by now.
            actix_web::rt::spawn(async move { this.end(Instant::now()) });
        }
        self.enter(now)
    }

    fn enter(&self, now: Instant) -> Result<(), Refusal> {
        let Some(begun) = self.begun.get() else {
            self.begun.set(Some(now));
            self.seen.set(1);
            return Ok(());
        };
        self.seen.set(self.seen.get() + 1);
        let refused = self.behind.get() > LASTING && now.duration_since(begun) > WAIT;
        if refused { Err(Refusal::Behind) } else { Ok(()) }
    }

    fn end(&self, now: Instant) {
        let Some(begun) = self.begun.take() else { return };
        let idle = self.ended.replace(Some(now)).map_or(Duration::MAX, |ended| begun.duration_since(ended));
        let took = now.duration_since(begun);
        let behind = self.behind.get().saturating_sub(idle);
        let late = self.seen.get() > CROWD && took > WAIT;
        // One round alone, in which the machine may have stood still, is never enough; and never is there more than is
        // forgiven in as long as it takes to be noticed.
        let more = (behind + took.min(LASTING)).min(2 * LASTING);
        self.behind.set(if late { more } else { behind.saturating_sub(took) });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_place_is_given_back_wherever_the_request_ends() {
        let admission = Admission::new(1);
        let counts = || (admission.in_flight(), admission.arriving.now.load(Ordering::Relaxed));
        let place = admission.place(false).unwrap();
        assert_eq!(counts(), (1, 0));
        assert_eq!(admission.place(false).err(), Some(Refusal::InFlight));
        assert!(admission.place(true).is_ok(), "one that is let in always");
        {
            let mut waiting = Box::pin(place.aside(std::future::pending::<()>()));
            assert!((&mut waiting).now_or_never().is_none());
            assert_eq!(counts(), (0, 1), "a body on its way keeps nobody's place");
            assert!(admission.place(false).is_ok());
        }
        drop(place);
        assert_eq!(counts(), (0, 0));
    }

    #[test]
    fn a_body_that_has_come_finds_a_place_or_is_refused() {
        let admission = Admission::new(1);
        let place = admission.place(false).unwrap();
        assert_eq!(place.aside(async { 7 }).now_or_never().unwrap().unwrap(), 7);
        assert_eq!(admission.in_flight(), 1);
        let (arrive, arrived) = tokio::sync::oneshot::channel();
        let mut waiting = Box::pin(place.aside(arrived));
        assert!((&mut waiting).now_or_never().is_none());
        let other = admission.place(false).unwrap();
        arrive.send(()).unwrap();
        let refused = waiting.now_or_never().unwrap().unwrap_err().problem();
        assert_eq!((refused.code, refused.retry_after), (Code::Overloaded, Some(1)));
        drop(other);
        drop(place);
        assert_eq!(admission.in_flight(), 0);
    }

    #[test]
    fn bodies_on_their_way_are_bounded() {
        let admission = Admission::new(usize::MAX);
        let places: Vec<Place> = (0..=ARRIVING).map(|_| admission.place(false).unwrap()).collect();
        let mut waiting: Vec<_> =
            places.iter().map(|place| Box::pin(place.aside(std::future::pending::<()>()))).collect();
        let outcomes: Vec<bool> = waiting.iter_mut().map(|it| it.now_or_never().is_none()).collect();
        assert_eq!(outcomes.iter().filter(|waits| **waits).count(), ARRIVING);
        assert!(!outcomes.last().unwrap());
    }

    /// A worker of whose rounds each takes `each` for a request. Answers how many of `crowd` were let in in the
    /// last of `rounds`.
    fn last_round(rounds: &Rounds, now: &mut Instant, each: Duration, crowd: u32, count: u32) -> u32 {
        let mut admitted = 0;
        for _ in 0..count {
            admitted = 0;
            for _ in 0..crowd {
                let refusal = Duration::from_micros(5);
                let begun = rounds.enter(*now).is_ok();
                admitted += u32::from(begun);
                *now += if begun { each } else { refusal };
            }
            rounds.end(*now);
        }
        admitted
    }

    #[test]
    fn a_worker_that_stays_behind_refuses_what_has_waited() {
        let (rounds, mut now) = (Rounds::default(), Instant::now());
        let each = Duration::from_micros(100);
        assert_eq!(last_round(&rounds, &mut now, each, 40, 20), 40, "quick rounds");
        assert_eq!(last_round(&rounds, &mut now, each, 500, 1), 500, "one long round is no load");
        assert_eq!(last_round(&rounds, &mut now, each, 500, 9), 26, "what fits into the wait");
        assert_eq!(last_round(&rounds, &mut now, each, 20, 1), 20, "one short round is not enough");
        assert_eq!(last_round(&rounds, &mut now, each, 500, 1), 26);
        assert_eq!(last_round(&rounds, &mut now, each, 20, 60), 20);
        assert_eq!(last_round(&rounds, &mut now, each, 500, 1), 500, "forgiven when it has caught up");
    }

    #[test]
    fn a_machine_that_stood_still_once_was_not_behind() {
        let (rounds, mut now) = (Rounds::default(), Instant::now());
        assert_eq!(last_round(&rounds, &mut now, Duration::from_millis(1), 500, 1), 500);
        assert_eq!(last_round(&rounds, &mut now, Duration::from_micros(100), 500, 1), 500);
    }

    #[test]
    fn crowds_that_come_now_and_then_are_no_load() {
        let (rounds, mut now) = (Rounds::default(), Instant::now());
        for _ in 0..20 {
            assert_eq!(last_round(&rounds, &mut now, Duration::from_micros(100), 500, 1), 500);
            now += Duration::from_millis(60);
        }
    }

    #[test]
    fn slow_answers_to_a_few_are_no_crowd() {
        let (rounds, mut now) = (Rounds::default(), Instant::now());
        assert_eq!(last_round(&rounds, &mut now, Duration::from_millis(50), CROWD, 20), CROWD);
    }
}
