//! Writes the inputs that fuzzing begins with, and the good store that `open` tampers with, anew:
//! `fuzz/corpus` and `fuzz/store`.
//!
//! `cargo run -p eventscope-trials --example write_corpora`
//!
//! A store has a random identity, so its files, and what is made of its records, differ each time.

use eventscope_formats::{Format, fuzzing::records_in};
use eventscope_model::{Draft, Timestamp};
use eventscope_storage::{Action, Change, Clock, Options, RowSet, Storage, fuzzing};
use eventscope_testkit::random::{random_drafts, random_expression};
use eventscope_testkit::{Rng, corpus, generate::Generator, hostile, native};
use eventscope_trials::targets::{TARGETS, corpora, examples};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

/// Bytes of an input at most, but for those of `set`.
const BYTES_MAX: usize = 4_096;
/// Bytes of a set at most: those of a bitmap of a whole window fit.
const SET_BYTES_MAX: usize = 9_000;
/// Bytes of a text file at most.
const TEXT_BYTES_MAX: usize = 24_000;
/// Inputs of one name at most.
const EACH_MAX: usize = 4;

/// Inputs by target and name.
#[derive(Default)]
struct Inputs(BTreeMap<String, BTreeMap<String, Vec<u8>>>);

impl Inputs {
    /// Adds an input under a name and a number, unless there are enough of that name.
    fn add(&mut self, target: &str, name: &str, input: Vec<u8>) {
        let inputs = self.0.entry(target.to_owned()).or_default();
        let most = match target {
            "set" => SET_BYTES_MAX,
            "text_file" => TEXT_BYTES_MAX,
            _ => BYTES_MAX,
        };
        let number = (0..EACH_MAX).find(|it| !inputs.contains_key(&format!("{name}-{it}")));
        if let Some(number) = number.filter(|_| input.len() <= most)
            && !inputs.values().any(|other| *other == input)
        {
            inputs.insert(format!("{name}-{number}"), input);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut inputs = Inputs::default();
    add_expressions(&mut inputs)?;
    add_dumps(&mut inputs)?;
    add_records(&mut inputs)?;
    add_edits(&mut inputs);
    for target in TARGETS {
        let folder = corpora().join(target.name);
        if folder.is_dir() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for (name, input) in inputs.0.remove(target.name).unwrap_or_default() {
            fs::write(folder.join(name), input)?;
        }
    }
    assert!(inputs.0.is_empty(), "no target takes {:?}", inputs.0.keys());
    Ok(())
}

/// The cases of the language, those in error too, and random expressions.
fn add_expressions(inputs: &mut Inputs) -> Result<(), Box<dyn Error>> {
    for (number, case) in corpus::load(&corpus::folder())?.into_iter().enumerate() {
        let name = format!("{}-{}", case.file.trim_end_matches(".toml"), number % 8);
        inputs.add("expression", &name, case.expr.into_bytes());
    }
    let mut rng = Rng::new(1);
    for depth in 1..6 {
        let name = format!("random-{depth}");
        inputs.add("expression", &name, random_expression(&mut rng, depth).into_bytes());
    }
    Ok(())
}

/// Hostile dumps, a dump of each form that there is an example of, and events of our own.
fn add_dumps(inputs: &mut Inputs) -> Result<(), Box<dyn Error>> {
    for case in hostile::cases() {
        let mut bytes = Vec::new();
        case.dump.write(&mut bytes)?;
        for format in Format::ALL.iter().filter(|format| case.name.contains(format.name())) {
            inputs.add(&format!("import_{format}"), "hostile", bytes.clone());
        }
        // Archives are broken in more ways than four.
        let is_archive = ["tar-", "zip-"].iter().any(|it| case.name.starts_with(it));
        let words = case.name.split('-').take(if is_archive { 2 } else { 1 });
        inputs.add("import", &words.collect::<Vec<_>>().join("-"), bytes);
    }
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/examples");
    for format in Format::ALL {
        let Ok(folder) = fs::read_dir(examples.join(format.name())) else { continue };
        for entry in folder {
            let mut bytes = fs::read(entry?.path())?;
            bytes.truncate(BYTES_MAX);
            inputs.add(&format!("import_{format}"), "example", bytes);
        }
    }
    add_cases(inputs)?;
    let mut rng = Rng::new(2);
    let mut lines = Vec::new();
    for draft in Generator::new(3).take(4).chain(random_drafts(&mut rng, 8)) {
        let mut line = Vec::new();
        native::write_line(&draft, &mut line)?;
        lines.extend_from_slice(&line);
        inputs.add("native", "event", line.clone());
        inputs.add("import_native", "event", line);
    }
    lines.truncate(BYTES_MAX);
    inputs.add("native", "events", lines);
    let docker = "2026-11-23T09:00:00.000000000Z container die 0a1b (exitCode=137, name=web-1)\n";
    inputs.add("import_docker", "plain", docker.into());
    let object = r#"{"time":"2026-11-23T09:00:00Z","name":"n","level":3,"host":{"name":"a.b"}}"#;
    inputs.add("import_jsonl", "object", format!("{object}\n{object}\n").into());
    let rows = "time,name,level,host.name,note\n1795424400,\"a \"\"b\"\"\",high,x,\"two\nlines\"\n";
    inputs.add("import_csv", "rows", rows.into());
    inputs.add("import_csv", "columns", rows.replace(',', ";").into());
    let named = format!("sep=|\n{}", rows.replace(',', "|"));
    inputs.add("import_csv", "cut", named.trim_end_matches("lines\"\n").into());
    inputs.add("import_csv", "named", named.into());
    Ok(())
}

/// What people's tools write: each small case, under the name of its format too, and each record
/// in envelopes. The bytes of `mend` and `cut` are other things.
fn add_cases(inputs: &mut Inputs) -> Result<(), Box<dyn Error>> {
    for (name, bytes) in examples()? {
        inputs.add("import_as", name, [name.as_bytes(), b"\n", &bytes].concat());
        inputs.add("import", &format!("case-{name}"), bytes.clone());
        for (number, (format, record)) in (0_u8..).zip(records_in(&String::from_utf8_lossy(&bytes)))
        {
            let steps = [number, number / 2, number];
            let name = format.name();
            inputs.add("envelope", name, [&steps, record.as_bytes()].concat());
            inputs.add("mend", name, record.into_bytes());
        }
    }
    inputs.add("mend", "doubled", b"{\"a\":1,\n\"a\":[1.23456789012345678],\"b\":\"\xff\"}".into());
    for field in 0..8 {
        let steps = [[field, 1, 200, 31], [field, 2, 255, 30], [field, 3, 9, 2]].concat();
        inputs.add("cut", "field", steps.repeat(usize::from(field) + 1));
    }
    inputs.add("cut", "all", (0..=255_u8).collect());
    Ok(())
}

/// Makes the good store, and takes the records of it and of a larger one.
fn add_records(inputs: &mut Inputs) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let large = folder.path().join("large");
    make_store(&large, 700, "team,kube*,host.*".parse().ok())?;
    let good = corpora().join("../store");
    if good.is_dir() {
        fs::remove_dir_all(&good)?;
    }
    make_store(&good, 60, None)?;
    for store in [&good, &large] {
        for sample in fuzzing::samples(store)? {
            inputs.add(sample.target, sample.name, sample.input);
        }
    }
    for left in ["holder", "text"] {
        let left = good.join(left);
        fs::remove_dir_all(&left).or_else(|_| fs::remove_file(&left))?;
    }
    Ok(())
}

/// A store with a sealed segment, a tail, changes, and rows that were pruned.
fn make_store(
    path: &Path,
    events: usize,
    scope_labels: Option<eventscope_model::ScopeLabels>,
) -> Result<(), Box<dyn Error>> {
    let clock = Clock::at(Timestamp::EPOCH.saturating_add(1_795_424_400_000_000_000));
    let storage = Storage::open(path, &Options { clock, scope_labels, ..Options::default() })?;
    let mut rng = Rng::new(events as u64);
    storage.append(drafts(&mut rng, events))?;
    storage.seal_now()?;
    storage.append(drafts(&mut rng, events / 3))?;
    for (action, first) in [(Action::Acknowledge, 3), (Action::Resolve, 0), (Action::Delete, 9)] {
        let targets = vec![(0, RowSet::span(first, first + 30))];
        let by = Some("aya".to_owned());
        storage.change(Change { action, targets, by, note: None })?;
    }
    let unacknowledge = Change {
        action: Action::Unacknowledge,
        targets: vec![(0, RowSet::span(4, 5))],
        by: None,
        note: Some("again".to_owned()),
    };
    if let Some(change) = storage.change(unacknowledge)?.change {
        storage.undo(change, None, None)?;
    }
    storage.prune(vec![(0, RowSet::span(50, 55))])?;
    storage.finish_text(|_, _| ())?;
    storage.close()?;
    Ok(())
}

fn drafts(rng: &mut Rng, events: usize) -> Vec<Draft> {
    let realistic = Generator::new(rng.bits()).take(events / 2);
    realistic.chain(random_drafts(rng, events - events / 2)).collect()
}

/// An edit of each kind, of each file.
fn add_edits(inputs: &mut Inputs) {
    let mut rng = Rng::new(5);
    let mut numbers = |count: usize| (0..count).map(|_| rng.bits() as u8).collect::<Vec<u8>>();
    for (name, file) in [("log", 0), ("segments", 1)] {
        for what in 0..6 {
            let [at, value] = [numbers(3), numbers(1)];
            let input = [&[file][..], &at, &[what], &value].concat();
            inputs.add("open", &format!("{name}-bytes-{what}"), input);
        }
        for what in 0..8 {
            let [record, at, value] = [numbers(2), numbers(2), numbers(1)];
            let input = [&[file + 2][..], &record, &at, &[what], &value].concat();
            inputs.add("open", &format!("{name}-records-{what}"), input);
        }
    }
}
