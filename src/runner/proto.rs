//! The contract as Rust types, generated from `proto/chalktalk/v1`.

pub mod v1 {
    #![allow(clippy::pedantic, clippy::allow_attributes, reason = "generated")]

    tonic::include_proto!("chalktalk.v1");
}

/// The contract as an encoded `google.protobuf.FileDescriptorSet`, with all that it imports: for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/chalktalk.binpb"));
