//! Runs the command it is called with; see `recovery_journal::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    recovery_journal::cli::run()
}
