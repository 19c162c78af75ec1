//! Ids of runs that follow from names: a run that is asked for again under the same name is found, not made anew.

use crate::base::RunId;

/// The run that serves a call, by the call's idempotency key.
pub fn child_run(run: &str, node: &str, visit: u32, attempt: u32) -> RunId {
    named_run(&format!("call {}:{run}{}:{node}{visit}.{attempt}", run.len(), node.len()))
}

/// A UUID of version 8 over a name: FNV-1a of 128 bits. It finds the run of a name; what is found is compared.
pub fn named_run(name: &str) -> RunId {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let hash = name.bytes().fold(START, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    RunId::new(uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid().to_string())
}
