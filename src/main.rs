use std::process::ExitCode;

/// The canvas fills buffers of megabytes at every frame: the system's allocator hands them back to the kernel each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chalktalk::cli::main(std::env::args_os())
}
