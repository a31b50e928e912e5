//! Writes generated events to standard output, one line of native JSON each.
//!
//! `cargo run --release -p eventscope-testkit --example generate -- 1000000 [SEED]`

use eventscope_testkit::generate::Generator;
use eventscope_testkit::native;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Lines are handed over in pieces of this size.
const BUFFER_BYTES: usize = 1 << 20;

fn main() -> ExitCode {
    let numbers: Option<Vec<u64>> = std::env::args().skip(1).map(|arg| arg.parse().ok()).collect();
    let (count, seed) = match numbers.as_deref() {
        Some([count]) => (*count, 1),
        Some([count, seed]) => (*count, *seed),
        _ => {
            let _ = io::stderr().write_all(b"usage: generate COUNT [SEED]\n");
            return ExitCode::from(2);
        }
    };
    match write_events(count, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = io::stderr().write_all(format!("generate: {error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn write_events(count: u64, seed: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    let mut generator = Generator::new(seed);
    for draft in (0..count).map_while(|_| generator.next()) {
        native::write_line(&draft, &mut out)?;
    }
    out.flush()
}
