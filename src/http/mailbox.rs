//! Brings what other threads have done back to a worker's requests, all at once.
//!
//! A worker has a queue of its own tasks and another one of those that other threads woke: the writer's thread, one
//! that hashed a password, the connection to a database. Of the second it takes one task for every thirty-one of the
//! first (tokio's `LocalSet`), so that under load what is done already waits for what has not begun, half a second
//! for a write of twenty milliseconds. Here a wake-up from another thread is put into a box, and one task of the
//! worker's, which alone stands in that other queue, empties it.

use std::future::{Future, poll_fn};
use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};

use futures_util::task::AtomicWaker;

/// A worker's box.
#[derive(Clone)]
pub struct Mailbox(Arc<Shared>);

struct Shared {
    thread: ThreadId,
    waiting: Mutex<Vec<Waker>>,
    postman: AtomicWaker,
}

impl Mailbox {
    /// A box for this thread, whose local tasks it wakes.
    #[must_use]
    pub fn new() -> Self {
        let this = Self(Arc::new(Shared {
            thread: thread::current().id(),
            waiting: Mutex::default(),
            postman: AtomicWaker::new(),
        }));
        let shared = Arc::clone(&this.0);
        actix_web::rt::spawn(poll_fn::<(), _>(move |context| {
            // First, so that what comes from now on is seen again.
            shared.postman.register(context.waker());
            shared.empty();
            Poll::Pending
        }));
        this
    }

    /// The same future; what wakes it from another thread goes through the box.
    pub fn bring<F: Future + Unpin>(&self, future: F) -> Brought<F> {
        Brought { future, mailbox: self.clone(), waker: None }
    }
}

impl Shared {
    fn put(&self, waker: Waker) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(waker);
        let first = waiting.len() == 1;
        drop(waiting);
        // The others are found with the first.
        if first {
            self.postman.wake();
        }
    }

    fn empty(&self) {
        let waiting = take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// A future that is woken through a box.
pub struct Brought<F> {
    future: F,
    mailbox: Mailbox,
    waker: Option<(Waker, Waker)>,
}

impl<F: Future + Unpin> Future for Brought<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let known = this.waker.as_ref().is_some_and(|(own, _)| own.will_wake(context.waker()));
        if !known {
            let own = context.waker().clone();
            let letter = Letter { shared: Arc::clone(&this.mailbox.0), own: own.clone() };
            this.waker = Some((own, Arc::new(letter).into()));
        }
        let Some((_, through)) = &this.waker else { return Poll::Pending };
        Pin::new(&mut this.future).poll(&mut Context::from_waker(through))
    }
}

/// A wake-up.
struct Letter {
    shared: Arc<Shared>,
    own: Waker,
}

impl Wake for Letter {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if thread::current().id() == self.shared.thread {
            self.own.wake_by_ref();
        } else {
            self.shared.put(self.own.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    /// How often a task that is always ready had its turn until what another thread has done was noticed, all of it.
    async fn turns(bring: bool) -> u32 {
        let mailbox = Mailbox::new();
        let (senders, answers): (Vec<_>, Vec<_>) = (0..64).map(|_| oneshot::channel::<()>()).unzip();
        let waiting: Vec<_> = answers
            .into_iter()
            .map(|answer| {
                let mailbox = mailbox.clone();
                actix_web::rt::spawn(async move {
                    if bring { mailbox.bring(answer).await } else { answer.await }.unwrap();
                })
            })
            .collect();
        let turns = Rc::new(Cell::new(0));
        let count = Rc::clone(&turns);
        // All of them wait by now.
        tokio::task::yield_now().await;
        thread::spawn(|| senders.into_iter().for_each(|sender| sender.send(()).unwrap())).join().unwrap();
        let busy = actix_web::rt::spawn(poll_fn::<(), _>(move |context| {
            count.set(count.get() + 1);
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        join_all(waiting).await;
        busy.abort();
        turns.get()
    }

    #[actix_web::test]
    async fn what_is_done_elsewhere_does_not_wait_for_what_has_not_begun() {
        let (straight, brought) = (turns(false).await, turns(true).await);
        assert!(brought < 200, "{brought} turns");
        assert!(straight > 2 * brought, "{straight} and {brought} turns: nothing is gained any more");
    }
}
