//! Fuzz targets: every entrance of eventscope that takes bytes from outside, as one plain function
//! that panics when its promise is broken.
//!
//! The trial `fuzz` and the libFuzzer binaries in `fuzz/` both run these, the first with the
//! committed corpus and a seed, the others with feedback from the code that was reached.

mod dumps;
mod expression;
mod native;
mod store;

use eventscope_formats::{Format, ImportOptions, Importer, files, fuzzing as formats};
use eventscope_storage::fuzzing;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// One entrance.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is that of its folder of inputs and of its libFuzzer binary.
    pub name: &'static str,
    /// Gives it an input.
    pub run: fn(&[u8]),
    /// Mends what an input says of itself, such as a checksum, so that it is looked into.
    pub mend: Option<fn(&mut Vec<u8>)>,
}

impl Target {
    const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, mend: None }
    }
}

/// Bytes of a dump that fuzzing begins with.
const EXAMPLE_BYTES_MAX: usize = 8 * 1024;

/// All entrances.
pub const TARGETS: &[Target] = &[
    Target::new("expression", expression::read),
    Target::new("native", native::read),
    Target::new("import", |bytes| dumps::read(None, bytes)),
    Target::new("import_kubernetes", |bytes| dumps::read(Some(Format::Kubernetes), bytes)),
    Target::new("import_docker", |bytes| dumps::read(Some(Format::Docker), bytes)),
    Target::new("import_containerd", |bytes| dumps::read(Some(Format::Containerd), bytes)),
    Target::new("import_falco", |bytes| dumps::read(Some(Format::Falco), bytes)),
    Target::new("import_alertmanager", |bytes| dumps::read(Some(Format::Alertmanager), bytes)),
    Target::new("import_trivy", |bytes| dumps::read(Some(Format::Trivy), bytes)),
    Target::new("import_grype", |bytes| dumps::read(Some(Format::Grype), bytes)),
    Target::new("import_sysdig", |bytes| dumps::read(Some(Format::Sysdig), bytes)),
    Target::new("import_cloudevents", |bytes| dumps::read(Some(Format::Cloudevents), bytes)),
    Target::new("import_otlp", |bytes| dumps::read(Some(Format::Otlp), bytes)),
    Target::new("import_suricata", |bytes| dumps::read(Some(Format::Suricata), bytes)),
    Target::new("import_native", |bytes| dumps::read(Some(Format::Native), bytes)),
    Target::new("import_jsonl", |bytes| dumps::read(Some(Format::Jsonl), bytes)),
    Target::new("import_csv", |bytes| dumps::read(Some(Format::Csv), bytes)),
    Target::new("import_as", dumps::read_as),
    Target::new("envelope", formats::envelope),
    Target::new("mend", formats::mend),
    Target::new("cut", formats::cut),
    Target { name: "frame", run: fuzzing::frame, mend: Some(|frame| fuzzing::mend_frame(frame)) },
    Target::new("record", fuzzing::record),
    Target::new("set", fuzzing::set),
    Target::new("text_file", fuzzing::text_file),
    Target::new("open", store::open),
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The folder of all corpora: one folder of inputs for each target.
#[must_use]
pub fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// The committed inputs of a target with their names, in the order of their names. What a fuzzer
/// has put beside them bears 40 digits for a name and is left out.
///
/// # Errors
/// When they cannot be read, or there are none.
pub fn corpus(target: &Target) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut inputs = Vec::new();
    let folder = corpora().join(target.name);
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.len() != 40 {
            inputs.push((name, fs::read(entry.path())?));
        }
    }
    if target.name == "import_as" {
        // So that a format is attacked from the day on which it has an example.
        for (number, (format, dump)) in (0..).zip(examples()?) {
            let input = [format.as_bytes(), b"\n", &dump].concat();
            inputs.push((format!("example-{number:03}"), input));
        }
    }
    inputs.sort_unstable();
    if inputs.is_empty() {
        return Err(io::Error::other(format!("{} has no input", folder.display())));
    }
    Ok(inputs)
}

/// The dumps of the tests of all formats that are short, each with the name of its format.
///
/// # Errors
/// When they cannot be read.
pub fn examples() -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests");
    let mut dumps = Vec::new();
    for found in files([folder.join("cases"), folder.join("examples")]) {
        let bytes = fs::read(found.map_err(io::Error::other)?.path)?;
        let mut importer = Importer::new(ImportOptions::default());
        let mut dump = importer.read(bytes.as_slice());
        dump.by_ref().for_each(drop);
        let format = dump.format().map_or("none", Format::name);
        drop(dump);
        if bytes.len() <= EXAMPLE_BYTES_MAX {
            dumps.push((format, bytes));
        }
    }
    Ok(dumps)
}
