//! The contract as Rust types, generated from `proto/chalktalk/v1`.

pub mod v1 {
    #![expect(clippy::pedantic, reason = "generated")]

    tonic::include_proto!("chalktalk.v1");
}
