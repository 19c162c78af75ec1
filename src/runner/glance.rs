//! A moment of looking around before the conductor goes to sleep: to wake a thread takes longer than many an answer.
//!
//! Must never: take time from others while many calls are out, or keep a runner awake that has nothing to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

/// About what it takes to put a thread to sleep and to wake it.
const MOMENT: Duration = Duration::from_micros(60);

/// Knows when to look, by the calls that are out.
pub(super) struct Glance {
    out: Arc<()>,
    /// With one processor, whoever is to answer needs that.
    is_any_use: bool,
}

/// Held by each call that is out.
pub(super) type Out = Arc<()>;

impl Glance {
    pub fn new() -> Self {
        let is_any_use = std::thread::available_parallelism().is_ok_and(|n| n.get() > 1);
        Self { out: Arc::new(()), is_any_use }
    }

    pub fn out(&self) -> Out {
        Arc::clone(&self.out)
    }

    /// Gives what comes within a moment; looks for nothing where many calls are out.
    pub async fn look<T>(&self, mail: &mut UnboundedReceiver<T>) -> Option<T> {
        if !self.is_any_use || Arc::strong_count(&self.out) > 2 {
            return None;
        }
        // Not tokio's clock: where a test has stopped it the moment would never be over.
        let since = Instant::now();
        while since.elapsed() < MOMENT {
            if let Ok(one) = mail.try_recv() {
                return Some(one);
            }
            // The connections get their turn.
            tokio::task::yield_now().await;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_moment_ends_even_while_the_clock_stands_and_what_is_there_is_taken() {
        let (post, mut mail) = unbounded_channel();
        let glance = Glance::new();
        assert_eq!(glance.look(&mut mail).await, None);
        post.send(7).unwrap();
        let one = glance.look(&mut mail).await;
        assert_eq!(one, glance.is_any_use.then_some(7));
    }

    #[tokio::test]
    async fn with_many_calls_out_it_looks_for_nothing() {
        let (post, mut mail) = unbounded_channel();
        let glance = Glance::new();
        let calls = [glance.out(), glance.out()];
        post.send(7).unwrap();
        assert_eq!(glance.look(&mut mail).await, None);
        drop(calls);
        assert_eq!(glance.look(&mut mail).await.is_some(), glance.is_any_use);
    }
}
