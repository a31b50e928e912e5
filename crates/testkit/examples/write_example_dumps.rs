//! Writes the files of `examples/dumps` anew.
//!
//! `cargo run -p eventscope-testkit --example write_example_dumps`

use eventscope_testkit::cluster_day;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/dumps");
    for file in cluster_day::dumps()? {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.bytes)?;
    }
    Ok(())
}
