//! Targets behind gRPC: addresses that are looked up, balanced, and passed over where nobody answers.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::call::{Fault, Job};
use super::names::Names;
use super::peer::{Address, Outward, Peer};
use super::process::Process;
use super::reflect::Reflected;
use super::v1;
use crate::base::Coord;
use crate::event::{Answer, Code, Failure};

/// How often a worker that is not there is looked for.
const LOOK: Duration = Duration::from_millis(250);
const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// How old what a name stands for may grow while it is used.
const REFRESH: Duration = Duration::from_secs(5);
/// Peers that are asked what they serve.
const MAX_ASKED: usize = 64;
const ASK_WITHIN: Duration = Duration::from_secs(2);
/// How old what they said may be.
pub(super) const SAID_LATELY: Duration = Duration::from_secs(10);
const MAX_NAMED: usize = 12;
/// How often a name is looked up at most, if nobody can be reached.
const REFRESH_AT_MOST: Duration = Duration::from_millis(500);

/// All addresses of a binding. Those that serve the same addresses share one.
#[derive(Debug)]
pub(super) struct Service {
    addresses: Vec<Address>,
    names: Names,
    outward: Outward,
    /// Instead of addresses.
    process: Option<Process>,
    speaks: Speaks,
    members: Mutex<Members>,
    /// One look at a time.
    looking: tokio::sync::Mutex<()>,
    next: AtomicUsize,
    /// Peers that hold no ball of a `wait-for-worker`, and as many permits.
    idle: Mutex<VecDeque<Arc<Peer>>>,
    seats: Arc<Semaphore>,
    /// What the peers said last.
    said: Mutex<Option<(Instant, Said)>>,
}

/// What each peer serves, by its address.
pub(super) type Said = Arc<[(String, Result<Described, String>)]>;

/// What a worker says that it serves.
#[derive(Clone, Debug, Default)]
pub(super) struct Described {
    /// Its own name. May be empty.
    pub worker: String,
    pub methods: Vec<v1::Method>,
}

/// How a ball is handed over.
#[derive(Debug)]
enum Speaks {
    Worker,
    Reflection(Reflected),
}

#[derive(Debug, Default)]
struct Members {
    /// Of each address.
    by_address: Vec<Vec<(Option<SocketAddr>, Arc<Peer>)>>,
    all: Arc<[Arc<Peer>]>,
    looked_up: Option<Instant>,
}

impl Service {
    /// # Errors
    /// One of the texts is no address; says which.
    pub fn new(addresses: &[String], names: Names, outward: &Outward) -> Result<Self, String> {
        Self::at(addresses, names, outward, Speaks::Worker)
    }

    /// Of servers that never heard of Chalktalk.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn reflected(addresses: &[String], names: Names, outward: &Outward) -> Result<Self, String> {
        Self::at(addresses, names, outward, Speaks::Reflection(Reflected::default()))
    }

    fn at(addresses: &[String], names: Names, outward: &Outward, speaks: Speaks) -> Result<Self, String> {
        let addresses = addresses.iter().map(|text| Address::new(text)).collect::<Result<Vec<_>, _>>()?;
        addresses.iter().try_for_each(|address| address.check(outward))?;
        let service = Self::empty(addresses, names, None, outward, speaks);
        for (i, address) in service.addresses.iter().enumerate().filter(|(_, address)| address.is_literal()) {
            service.replace(i, address, &[None]);
        }
        Ok(service)
    }

    /// What one process serves.
    pub fn of_process(process: Process, outward: &Outward) -> Self {
        Self::empty(Vec::new(), Names::system(), Some(process), outward, Speaks::Worker)
    }

    fn empty(
        addresses: Vec<Address>,
        names: Names,
        process: Option<Process>,
        outward: &Outward,
        speaks: Speaks,
    ) -> Self {
        Self {
            members: Mutex::new(Members { by_address: vec![Vec::new(); addresses.len()], ..Members::default() }),
            addresses,
            names,
            outward: outward.clone(),
            process,
            speaks,
            looking: tokio::sync::Mutex::default(),
            next: AtomicUsize::new(0),
            idle: Mutex::default(),
            seats: Arc::new(Semaphore::new(0)),
            said: Mutex::default(),
        }
    }

    /// Whether asking it starts nothing.
    pub fn is_up(&self) -> bool {
        self.process.as_ref().is_none_or(Process::is_up)
    }

    /// Ends what was started for it.
    pub fn stop(&self) {
        if let Some(process) = &self.process {
            process.stop();
        }
    }

    /// Calls the next address in turn; one that cannot be reached is passed over for the next.
    pub async fn invoke(self: &Arc<Self>, job: &Job) -> Result<Answer, Fault> {
        let mut tried: Vec<Arc<Peer>> = Vec::new();
        let mut fault = None;
        loop {
            let peers = self.peers().await.map_err(Fault::Unreached)?;
            for peer in in_turn(&peers, self.next.fetch_add(1, Ordering::Relaxed)) {
                if tried.iter().any(|other| Arc::ptr_eq(other, peer)) {
                    continue;
                }
                peer.look_after();
                match self.hand_over(peer, job).await {
                    Err(Fault::Unreached(failure)) => fault = Some(Fault::Unreached(failure)),
                    Err(Fault::Failed(failure)) => return Err(Fault::Failed(self.explain(&job.to, failure).await)),
                    done => return done,
                }
                tried.push(Arc::clone(peer));
            }
            // Perhaps the names stand for others by now.
            if !self.look_up(REFRESH_AT_MOST).await.is_ok_and(|changed| changed) {
                break;
            }
        }
        Err(fault.unwrap_or_else(|| {
            let message = format!("no address of {} can be reached at the moment", job.to);
            Fault::Unreached(Failure::new(Code::Unavailable, message))
        }))
    }

    /// What was said, if it is younger than `age`.
    pub fn said(&self, age: Duration) -> Option<Said> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.as_ref().filter(|(at, _)| at.elapsed() < age).map(|(_, said)| Arc::clone(said))
    }

    /// Asks all peers what they serve, side by side. Empty only if there are none.
    pub async fn ask(self: &Arc<Self>) -> Said {
        let said: Said = match self.peers().await {
            Err(failure) => {
                let place =
                    self.process.as_ref().map_or_else(|| self.written(), |process| process.command().to_owned());
                [(place, Err(failure.message))].into()
            }
            Ok(peers) => {
                let mut asking = JoinSet::new();
                for (i, peer) in peers.iter().take(MAX_ASKED).cloned().enumerate() {
                    let service = Arc::clone(self);
                    asking.spawn(async move { (i, peer.address.clone(), service.ask_one(&peer).await) });
                }
                let mut said = asking.join_all().await;
                said.sort_unstable_by_key(|(i, ..)| *i);
                said.into_iter().map(|(_, address, said)| (address, said)).collect()
            }
        };
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&said)));
        said
    }

    async fn ask_one(&self, peer: &Peer) -> Result<Described, String> {
        let described = peer.describe(ASK_WITHIN).await?;
        match (&self.speaks, described) {
            (Speaks::Worker, Some(described)) => Ok(Described { worker: described.worker, methods: described.methods }),
            (Speaks::Worker, None) => Ok(Described::default()),
            (Speaks::Reflection(reflected), _) => {
                Ok(Described { worker: String::new(), methods: reflected.describe(peer).await? })
            }
        }
    }

    fn written(&self) -> String {
        self.addresses.iter().map(|address| address.text.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// A worker that has no such method says so; this adds what there is.
    async fn explain(self: &Arc<Self>, to: &Coord, mut failure: Failure) -> Failure {
        if !matches!(self.speaks, Speaks::Worker) || failure.code != Code::Unimplemented {
            return failure;
        }
        let said = match self.said(SAID_LATELY) {
            Some(said) => said,
            None => self.ask().await,
        };
        let methods =
            || said.iter().filter_map(|(_, said)| said.as_ref().ok()).flat_map(|described| &described.methods);
        let of_image = || methods().filter(|method| method.image == to.image);
        let versions: BTreeSet<&str> = of_image().map(|method| method.version.as_str()).collect();
        let of_version = of_image().filter(|method| method.version == to.version);
        let names: BTreeSet<&str> = of_version.map(|method| method.method.as_str()).collect();
        let more = if names.contains(to.method.as_str()) || methods().next().is_none() {
            return failure;
        } else if !names.is_empty() {
            format!("; of {}/{} there is {}", to.image, to.version, list(&names))
        } else if !versions.is_empty() {
            format!("; the versions of {} that are there: {}", to.image, list(&versions))
        } else {
            let images: BTreeSet<&str> = methods().map(|method| method.image.as_str()).collect();
            format!("; the images that are there: {}", list(&images))
        };
        failure.message.push_str(&more);
        failure
    }

    async fn hand_over(&self, peer: &Peer, job: &Job) -> Result<Answer, Fault> {
        match &self.speaks {
            Speaks::Worker => peer.invoke(job, job.request().map_err(Fault::Failed)?).await,
            Speaks::Reflection(reflected) => reflected.invoke(peer, job).await,
        }
    }

    /// Who is there to be called.
    ///
    /// # Errors
    /// Nobody knows the names of the addresses, or the process does not come to life.
    async fn peers(self: &Arc<Self>) -> Result<Arc<[Arc<Peer>]>, Failure> {
        if let Some(process) = &self.process {
            return Ok(self.adopt(process.ready().await?));
        }
        let (all, is_old) = {
            let members = self.members();
            (Arc::clone(&members.all), members.looked_up.is_none_or(|at| at.elapsed() >= REFRESH))
        };
        if all.is_empty() {
            self.look_up(Duration::ZERO).await?;
            return Ok(Arc::clone(&self.members().all));
        }
        if is_old && self.has_names() && self.looking.try_lock().is_ok() {
            let service = Arc::clone(self);
            // Meanwhile those that are known are called.
            tokio::spawn(async move { service.look_up(REFRESH).await });
        }
        Ok(all)
    }

    fn has_names(&self) -> bool {
        self.addresses.iter().any(|address| !address.is_literal())
    }

    /// Asks again what the names stand for, unless that is known and younger than `age`. Whether there are others now.
    ///
    /// # Errors
    /// Nobody knows any of the names, and no address is known from before.
    async fn look_up(&self, age: Duration) -> Result<bool, Failure> {
        if !self.has_names() {
            return Ok(false);
        }
        let before = self.members().looked_up;
        let _one_at_a_time = self.looking.lock().await;
        let looked_up = self.members().looked_up;
        if looked_up != before {
            return Ok(true);
        }
        if looked_up.is_some_and(|at| at.elapsed() < age) {
            return Ok(false);
        }
        let mut changed = false;
        let mut failure = None;
        for (i, address) in self.addresses.iter().enumerate().filter(|(_, address)| !address.is_literal()) {
            match self.names.look_up(address.place()).await {
                Ok(found) if found.is_empty() => changed |= self.replace(i, address, &[None]),
                Ok(found) => changed |= self.replace(i, address, &found.into_iter().map(Some).collect::<Vec<_>>()),
                // What was known stays: a name server may be gone for a while.
                Err(why) => {
                    let (host, text) = (&address.host, &address.text);
                    let message = format!(
                        "the name {host} of {text} leads nowhere ({why}): start what it names, or correct the address in the formation"
                    );
                    failure = Some(Failure::new(Code::Unavailable, message));
                }
            }
        }
        let mut members = self.members();
        members.looked_up = Some(Instant::now());
        match failure {
            Some(failure) if members.all.is_empty() => Err(failure),
            _ => Ok(changed),
        }
    }

    /// Peers that stay keep their connections. Whether there are others now.
    fn replace(&self, i: usize, address: &Address, now: &[Option<SocketAddr>]) -> bool {
        let mut members = self.members();
        let old = std::mem::take(&mut members.by_address[i]);
        if old.iter().map(|(at, _)| at).eq(now) {
            members.by_address[i] = old;
            return false;
        }
        let mut fresh = Vec::new();
        let keep = |at: Option<SocketAddr>| match old.iter().find(|(known, _)| *known == at) {
            Some((_, peer)) => (at, Arc::clone(peer)),
            None => {
                let peer = Arc::new(Peer::new(address, at, &self.outward));
                fresh.push(Arc::clone(&peer));
                (at, peer)
            }
        };
        let new: Vec<_> = now.iter().copied().map(keep).collect();
        for (_, peer) in old.iter().filter(|(at, _)| !now.contains(at)) {
            peer.retire();
        }
        members.by_address[i] = new;
        members.all = members.by_address.iter().flatten().map(|(_, peer)| Arc::clone(peer)).collect();
        let n_fresh = fresh.len();
        self.idle().extend(fresh);
        self.seats.add_permits(n_fresh);
        true
    }

    /// The process of the moment is the only peer.
    fn adopt(&self, peer: Arc<Peer>) -> Arc<[Arc<Peer>]> {
        let mut members = self.members();
        if !members.all.iter().any(|known| Arc::ptr_eq(known, &peer)) {
            members.all.iter().for_each(|old| old.retire());
            members.all = [Arc::clone(&peer)].into();
            self.idle().push_back(peer);
            self.seats.add_permits(1);
        }
        Arc::clone(&members.all)
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Arc<Peer>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a worker that is there and holds no ball. First come, first served.
    ///
    /// # Errors
    /// The runner stops.
    pub async fn seat(self: &Arc<Self>) -> Result<(Seat, String), Failure> {
        let closed = |_| Failure::new(Code::Cancelled, "the runner stops");
        loop {
            let mut permit = std::pin::pin!(Arc::clone(&self.seats).acquire_owned());
            let permit = loop {
                // A name may get an address, and an address another, while nobody is free.
                drop(self.peers().await);
                if let Ok(permit) = timeout(LOOK, &mut permit).await {
                    break permit.map_err(closed)?;
                }
            };
            let Some(peer) = self.idle().pop_front() else { continue };
            let seat = Seat { service: Arc::clone(self), peer, permit: Some(permit) };
            if seat.peer.is_gone() {
                continue;
            }
            match seat.peer.describe(LOOK_WITHIN).await {
                Ok(described) => {
                    let name = described.map(|described| described.worker).filter(|name| !name.is_empty());
                    let name = name.unwrap_or_else(|| seat.peer.address.clone());
                    return Ok((seat, name));
                }
                Err(_) => {
                    drop(seat);
                    sleep(LOOK).await;
                }
            }
        }
    }
}

/// A peer that holds no other ball of a `wait-for-worker`. Goes back among the idle ones in the end.
pub(super) struct Seat {
    service: Arc<Service>,
    pub peer: Arc<Peer>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Seat {
    pub async fn hand_over(&self, job: &Job) -> Result<Answer, Fault> {
        self.service.hand_over(&self.peer, job).await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let permit = self.permit.take();
        if !self.peer.is_gone() {
            self.service.idle().push_back(Arc::clone(&self.peer));
        } else if let Some(permit) = permit {
            permit.forget();
        }
    }
}

/// At most a dozen of them.
fn list(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(MAX_NAMED).collect();
    let more = if names.len() > MAX_NAMED { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// All of them, those that can be called first, from the `n`th on.
fn in_turn(peers: &[Arc<Peer>], n: usize) -> impl Iterator<Item = &Arc<Peer>> {
    let (before, after) = peers.split_at(n % peers.len().max(1));
    let all_down = peers.iter().all(|peer| peer.is_down());
    after.iter().chain(before).filter(move |peer| all_down || !peer.is_down())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Demo, Limits, Served, Trust, serve_worker};
    use super::*;
    use crate::base::{BallId, NodeId, RunId};
    use crate::event::Headers;

    fn job(n: u32) -> Job {
        Job {
            run: RunId::new("r"),
            node: NodeId::new("n"),
            ball: BallId(0),
            visit: n,
            attempt: 1,
            to: Coord::new("demo", "1", "echo"),
            payload: json!(n).into(),
            headers: Headers::default(),
            limit: None,
            depth: 1,
            trace: None,
        }
    }

    /// Servers at 127.0.0.1, 127.0.0.2 and so on, all at one port.
    async fn servers(n: u8) -> Vec<Served> {
        'port: loop {
            let mut servers: Vec<Served> = Vec::new();
            for i in 1..=n {
                let port = servers.first().map_or(0, |first| first.addr.port());
                match serve_worker(Arc::new(Demo::default()), ([127, 0, 0, i], port).into()).await {
                    Ok(served) => servers.push(served),
                    Err(_) => continue 'port,
                }
            }
            return servers;
        }
    }

    #[tokio::test]
    async fn every_address_of_a_name_gets_its_turn_and_those_of_tomorrow_too() {
        let mut servers = servers(3).await;
        let third = servers.pop().expect("there are three");
        let addrs: Vec<SocketAddr> = servers.iter().map(|served| served.addr).collect();
        let told = Arc::new(Mutex::new(addrs.clone()));
        let text = format!("http://shop.example:{}", addrs[0].port());
        let outward = Outward { trust: Trust::default(), max_message: Limits::MESSAGE };
        let service = Arc::new(Service::new(&[text], Names::told(Arc::clone(&told)), &outward).unwrap());
        let known = || Arc::clone(&service.members().all);
        for n in 0..4 {
            assert_eq!(service.invoke(&job(n)).await.unwrap(), Answer::from(json!(n)));
        }
        assert_eq!(known().len(), 2);
        let shown = format!("http://shop.example:{} ({})", addrs[1].port(), addrs[1]);
        assert_eq!(known()[1].address, shown);
        // One goes, another comes: a call that reaches nobody looks at once whom the name stands for by now.
        for served in servers {
            served.stop().await;
        }
        *told.lock().unwrap() = vec![addrs[0], third.addr];
        service.members().looked_up = Instant::now().checked_sub(REFRESH_AT_MOST);
        let stays = Arc::clone(&known()[0]);
        assert_eq!(service.invoke(&job(7)).await.unwrap(), Answer::from(json!(7)));
        assert_eq!(known().len(), 2);
        assert!(Arc::ptr_eq(&stays, &known()[0]), "one that stays keeps its connection");
        // As many may be waited for as there are, the one that is gone not among them.
        let (seat, _) = service.seat().await.unwrap();
        assert_eq!(seat.peer.address, known()[1].address);
        drop(seat);
        assert_eq!(service.idle().iter().filter(|peer| !peer.is_gone()).count(), 2);
    }
}
