//! Compiles `proto/` for the runner. Needs no `protoc`.

use std::path::PathBuf;
use std::{env, error, fs};

use prost::Message as _;

const FILES: [&str; 2] = ["proto/chalktalk/v1/worker.proto", "proto/chalktalk/v1/quarterback.proto"];

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=proto");
    if env::var_os("CARGO_FEATURE_RUN").is_none() {
        return Ok(());
    }
    let files = protox::compile(FILES, ["proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // For server reflection.
    fs::write(out.join("chalktalk.binpb"), files.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(files)?;
    Ok(())
}
