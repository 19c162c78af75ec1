//! The contract as Rust types, generated from `proto/chalktalk/v1`.

pub mod v1 {
    #![allow(clippy::pedantic, clippy::allow_attributes, reason = "generated")]

    tonic::include_proto!("chalktalk.v1");
}
