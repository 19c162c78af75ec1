use std::process::ExitCode;

fn main() -> ExitCode {
    chalktalk::cli::main(std::env::args_os())
}
