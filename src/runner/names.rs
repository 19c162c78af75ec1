//! What a host's name stands for.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);
/// Addresses that one name may stand for; more are left out.
const MAX_ADDRESSES: usize = 256;

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Whoever knows names: the system; in tests somebody else.
#[derive(Clone)]
pub(super) struct Names(Arc<dyn Fn(String) -> Found + Send + Sync>);

impl Names {
    pub fn system() -> Self {
        let look_up = async |place: String| Ok(tokio::net::lookup_host(place).await?.collect());
        Self(Arc::new(move |place| Box::pin(look_up(place))))
    }

    #[cfg(test)]
    pub fn told(told: Arc<std::sync::Mutex<Vec<SocketAddr>>>) -> Self {
        Self(Arc::new(move |_| {
            let found = told.lock().expect("no test panics with it").clone();
            Box::pin(std::future::ready(Ok(found)))
        }))
    }

    /// The servers behind `host:port`, sorted. Empty: the name leads to one computer, by one path or two, and whoever
    /// connects finds it.
    ///
    /// # Errors
    /// Nobody knows the name, or not in time; in words.
    pub async fn look_up(&self, place: String) -> Result<Vec<SocketAddr>, String> {
        let found = timeout(LOOK_UP_WITHIN, (self.0)(place)).await;
        let found = found.map_err(|_| format!("no answer within {LOOK_UP_WITHIN:?}"))?.map_err(|e| e.to_string())?;
        let (mut v4, mut v6): (Vec<_>, Vec<_>) = found.into_iter().partition(SocketAddr::is_ipv4);
        for family in [&mut v4, &mut v6] {
            family.sort_unstable();
            family.dedup();
            family.truncate(MAX_ADDRESSES);
        }
        // One computer often has an address of each family: it is not to be taken for two.
        match (v4.len(), v6.len()) {
            (0, 0) => Err("the name stands for no address".to_owned()),
            (0 | 1, 0 | 1) => Ok(Vec::new()),
            (0, _) => Ok(v6),
            _ => Ok(v4),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}
