//! Workers without an address, which pull balls through `Catch`: who is ready, what waits, who holds what.
//!
//! Balls of one target go out in the order in which they came, to the workers in the order in which they became ready;
//! one that can hold more goes to the back of that order after each ball.
//!
//! Must never: hand a worker more than it said it can hold, wait for a slow one, keep a ball with one that is gone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, oneshot};

use super::call::{Fault, Job, code_of};
use super::details::read;
use super::v1;
use crate::base::Coord;
use crate::event::{Answer, Code, Failure};

/// What one worker may hold. More that it asks for does not count.
const MAX_CREDIT: u32 = 256;

/// All pulling workers of a runner, and the balls that wait for them.
#[derive(Debug, Default)]
pub(super) struct Hub {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    workers: BTreeMap<u64, Puller>,
    /// Workers with credit, the one that has waited longest first.
    ready: VecDeque<u64>,
    /// Balls by target, the first to come first; never empty.
    waiting: FxHashMap<Coord, VecDeque<Waiter>>,
    /// Numbers workers, balls and waiters.
    last: u64,
}

#[derive(Debug)]
struct Puller {
    name: String,
    methods: FxHashMap<Coord, v1::Method>,
    credit: u32,
    /// By the number under which each was handed over. A sender that goes says that the worker is gone.
    held: BTreeMap<u64, (Coord, oneshot::Sender<v1::returned::What>)>,
    out: mpsc::UnboundedSender<v1::CatchResponse>,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    hand: oneshot::Sender<Hold>,
}

/// A worker that has promised to take one ball. Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    hub: Arc<Hub>,
    worker: u64,
    pub name: String,
    used: bool,
}

/// What is to be told of a target.
pub(super) struct Standing {
    pub coord: Coord,
    pub method: v1::Method,
    pub queued: u64,
    pub held: u64,
    pub workers: Vec<String>,
    pub credit: u64,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker is there. What it is to be told comes out of the channel; it leaves by [`Self::leave`].
    pub fn join(
        &self,
        name: String,
        methods: FxHashMap<Coord, v1::Method>,
        out: mpsc::UnboundedSender<v1::CatchResponse>,
    ) -> u64 {
        let mut state = self.lock();
        let id = state.number();
        let name = if name.is_empty() { format!("worker-{id}") } else { name };
        state.workers.insert(id, Puller { name, methods, credit: 0, held: BTreeMap::new(), out });
        id
    }

    /// Its balls go to the next. Gives its name, and how many those are.
    pub fn leave(&self, worker: u64) -> (String, usize) {
        let mut state = self.lock();
        state.ready.retain(|id| *id != worker);
        let gone = state.workers.remove(&worker);
        // The balls' tasks wake up when their senders go.
        drop(state);
        gone.map_or_else(Default::default, |gone| (gone.name, gone.held.len()))
    }

    /// It can hold so many more.
    pub fn ready(self: &Arc<Self>, worker: u64, credit: u32) {
        let mut state = self.lock();
        let Some(puller) = state.workers.get_mut(&worker) else { return };
        let was = puller.credit;
        let room = MAX_CREDIT.saturating_sub(u32::try_from(puller.held.len()).unwrap_or(u32::MAX));
        puller.credit = was.saturating_add(credit).min(room);
        if was == 0 && puller.credit > 0 {
            state.ready.push_back(worker);
        }
        self.hand_out(state);
    }

    /// What came of a ball that it holds.
    pub fn returned(&self, worker: u64, id: u64, what: v1::returned::What) {
        let held = self.lock().workers.get_mut(&worker).and_then(|puller| puller.held.remove(&id));
        if let Some((_, answer)) = held {
            drop(answer.send(what));
        }
    }

    /// It said something that cannot be read. If it holds one ball, that is what it was about, and another worker would
    /// say the same; if it holds several, nobody knows which it was, and all go to the next.
    pub fn spoilt(&self, worker: u64, failed: &v1::Failed) {
        let mut state = self.lock();
        let Some(puller) = state.workers.get_mut(&worker).filter(|puller| puller.held.len() == 1) else { return };
        let message = format!("worker {} {}", puller.name, failed.message);
        if let Some((_, (_, answer))) = puller.held.pop_first() {
            drop(answer.send(v1::returned::What::Failed(v1::Failed { message, ..failed.clone() })));
        }
    }

    /// Gives waiting balls to ready workers, as far as they go.
    fn hand_out(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let mut given = Vec::new();
        let mut at = 0;
        while let Some(&worker) = state.ready.get(at) {
            let Some(hand) = state.next_for(worker) else {
                at += 1;
                continue;
            };
            state.ready.remove(at);
            let Some(puller) = state.workers.get_mut(&worker) else { continue };
            puller.credit -= 1;
            let name = puller.name.clone();
            if puller.credit > 0 {
                state.ready.push_back(worker);
            }
            given.push((hand, Hold { hub: Arc::clone(self), worker, name, used: false }));
        }
        // One that nobody takes gives itself back, which needs the lock.
        drop(state);
        for (hand, hold) in given {
            drop(hand.send(hold));
        }
    }

    /// Waits for a worker of the target.
    pub async fn take(self: &Arc<Self>, to: &Coord) -> Result<Hold, Failure> {
        let (hand, handed) = oneshot::channel();
        let _waiting = self.wait_in_line(to, hand);
        handed.await.map_err(|_| Failure::new(Code::Cancelled, "the runner stops"))
    }

    fn wait_in_line<'h>(self: &'h Arc<Self>, to: &'h Coord, hand: oneshot::Sender<Hold>) -> Waiting<'h> {
        let mut state = self.lock();
        let number = state.number();
        state.waiting.entry(to.clone()).or_default().push_back(Waiter { number, hand });
        self.hand_out(state);
        Waiting { hub: self, to, number }
    }

    /// Calls a method of whatever worker is ready. One that goes away loses the ball to the next, with the same key.
    pub async fn call(self: &Arc<Self>, job: &Job) -> Result<Answer, Failure> {
        loop {
            let hold = self.take(&job.to).await?;
            match hold.hand_over(job).await {
                Err(Fault::Broken(_) | Fault::Unreached(_)) => {}
                Err(Fault::Failed(failure)) => return Err(failure),
                Ok(payload) => return Ok(payload),
            }
        }
    }

    /// The versions of an image that a worker serves.
    pub fn versions(&self, image: &str) -> Vec<smol_str::SmolStr> {
        let state = self.lock();
        let all = state.workers.values().flat_map(|puller| {
            puller
                .methods
                .keys()
                .filter(|coord| coord.image == image)
                .map(|coord| coord.version.clone())
                .collect::<Vec<_>>()
        });
        all.collect()
    }

    /// All targets that a worker serves or a ball waits for.
    pub fn standings(&self) -> Vec<Standing> {
        let state = self.lock();
        let mut found: BTreeMap<Coord, Standing> = BTreeMap::new();
        let of = |found: &mut BTreeMap<Coord, Standing>, coord: &Coord| {
            found.entry(coord.clone()).or_insert_with(|| Standing {
                coord: coord.clone(),
                method: v1::Method {
                    image: coord.image.to_string(),
                    version: coord.version.to_string(),
                    method: coord.method.to_string(),
                    ..v1::Method::default()
                },
                queued: 0,
                held: 0,
                workers: Vec::new(),
                credit: 0,
            });
        };
        for puller in state.workers.values() {
            for (coord, method) in sorted(&puller.methods) {
                of(&mut found, coord);
                let Some(standing) = found.get_mut(coord) else { continue };
                standing.method = method.clone();
                standing.workers.push(puller.name.clone());
                standing.credit += u64::from(puller.credit);
            }
            for (coord, _) in puller.held.values() {
                of(&mut found, coord);
                if let Some(standing) = found.get_mut(coord) {
                    standing.held += 1;
                }
            }
        }
        for (coord, waiting) in sorted(&state.waiting) {
            of(&mut found, coord);
            if let Some(standing) = found.get_mut(coord) {
                standing.queued = waiting.len() as u64;
            }
        }
        found.into_values().collect()
    }
}

fn sorted<T>(map: &FxHashMap<Coord, T>) -> Vec<(&Coord, &T)> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_unstable_by_key(|(coord, _)| *coord);
    all
}

impl State {
    const fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// The ball that has waited longest for a method of the worker.
    fn next_for(&mut self, worker: u64) -> Option<oneshot::Sender<Hold>> {
        let methods = &self.workers.get(&worker)?.methods;
        let first = |(coord, waiting): (&Coord, &VecDeque<Waiter>)| {
            let number = waiting.front().filter(|_| methods.contains_key(coord))?.number;
            Some((number, coord.clone()))
        };
        let (_, to) = self.waiting.iter().filter_map(first).min()?;
        let waiting = self.waiting.get_mut(&to)?;
        let waiter = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&to);
        }
        waiter.map(|waiter| waiter.hand)
    }
}

/// A ball in the queue. It leaves when nobody waits any more.
struct Waiting<'h> {
    hub: &'h Hub,
    to: &'h Coord,
    number: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        if let Some(waiting) = state.waiting.get_mut(self.to) {
            waiting.retain(|waiter| waiter.number != self.number);
            if waiting.is_empty() {
                state.waiting.remove(self.to);
            }
        }
    }
}

impl Hold {
    /// Hands the ball over and waits for what comes of it. Given up, it is revoked.
    pub async fn hand_over(mut self, job: &Job) -> Result<Answer, Fault> {
        let gone = |name: &str| {
            let message = format!("worker {name} is gone, and {} with it", job.to);
            Fault::Broken(Failure::new(Code::Unavailable, message))
        };
        let v1::InvokeRequest { coordinate, ball } = job.request().map_err(Fault::Failed)?;
        let (answer, answered) = oneshot::channel();
        let id = {
            let mut state = self.hub.lock();
            let id = state.number();
            let Some(puller) = state.workers.get_mut(&self.worker) else { return Err(gone(&self.name)) };
            puller.held.insert(id, (job.to.clone(), answer));
            let handed = v1::catch_response::What::Handed(v1::Handed { id, coordinate, ball });
            drop(puller.out.send(v1::CatchResponse { what: Some(handed) }));
            id
        };
        self.used = true;
        let mut held = Held { hub: &self.hub, worker: self.worker, id, done: false };
        let what = answered.await;
        held.done = true;
        let place = format!("worker {}", self.name);
        match what {
            Err(_) => Err(gone(&self.name)),
            Ok(v1::returned::What::Ball(ball)) => {
                job.read(v1::InvokeResponse { ball: Some(ball) }, &place).map_err(Fault::Failed)
            }
            Ok(v1::returned::What::Failed(v1::Failed { code, message, details })) => {
                let code = code_of(tonic::Code::from_i32(i32::try_from(code).unwrap_or(2)));
                let message = if message.is_empty() { format!("{place} failed and did not say why") } else { message };
                Err(Fault::Failed(Failure { details: read(details), ..Failure::new(code, message) }))
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.used {
            self.hub.ready(self.worker, 1);
        }
    }
}

/// A ball in a worker's hands.
struct Held<'h> {
    hub: &'h Hub,
    worker: u64,
    id: u64,
    done: bool,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let mut state = self.hub.lock();
        if let Some(puller) = state.workers.get_mut(&self.worker)
            && puller.held.remove(&self.id).is_some()
        {
            let revoked = v1::catch_response::What::Revoked(v1::Revoked { id: self.id });
            drop(puller.out.send(v1::CatchResponse { what: Some(revoked) }));
        }
    }
}
