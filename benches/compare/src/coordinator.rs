//! Lets every engine load the events, asks all of them everything in turn, and refuses to go on
//! where they disagree.

use crate::Result;
use crate::child::Child;
use crate::events::{Meta, prepared};
use crate::options::Options;
use crate::protocol::{Answer, Command};
use crate::python::interpreter;
use crate::question::{Question, questions};
use crate::report::{Report, Row};
use crate::table::Figures;
use std::fs;
use std::path::{Path, PathBuf};

/// Rounds that are not counted.
const WARM_UP: usize = 3;
/// Rounds that are counted however long they take.
const ROUNDS_MIN: usize = 3;
/// After so long an engine is not asked a question again.
const PATIENCE_US: u64 = 6_000_000;

/// An engine that has the events.
struct Loaded {
    name: String,
    python: Option<PathBuf>,
}

/// Compares the engines and gives the table.
pub(crate) fn run(options: &Options) -> Result<String> {
    let folder = options.folder.join(options.events.to_string());
    fs::create_dir_all(&folder)?;
    let folder = fs::canonicalize(folder)?;
    note(&format!("{} events in {}", options.events, folder.display()));
    let meta = prepared(&folder, options.events)?;
    let mut report = Report::new(options);
    let loaded = load(options, &folder, &mut report)?;
    let mut children = open(&loaded, &folder, &meta, &mut report)?;
    let questions = questions(&meta)?;
    for mut question in questions.questions {
        note(&question.name);
        if question.skip > 0 {
            question.before = anchor(&mut children, &question)?;
        }
        let row = ask(&mut children, &question, options.rounds)?;
        report.rows.push(row);
    }
    report.remember_memory(&children);
    note("changes");
    report.rows.extend(change(&mut children, &meta, &questions.acknowledge)?);
    children.into_iter().try_for_each(Child::stop)?;
    Ok(report.finish())
}

fn note(what: &str) {
    eprintln!("{what}");
}

fn load(options: &Options, folder: &Path, report: &mut Report) -> Result<Vec<Loaded>> {
    let mut loaded = Vec::new();
    for name in &options.engines {
        let python = match interpreter(name, &options.folder) {
            Ok(python) => python,
            Err(error) => {
                report.left_out.push(format!("{name} is left out: {error}"));
                continue;
            }
        };
        note(&format!("loading {name}"));
        let own = folder.join(name);
        if own.try_exists()? {
            fs::remove_dir_all(&own)?;
        }
        let mut child = Child::start(name, folder, python.as_deref())?;
        let answer = child.tell(&Command::Load)?;
        report.remember_load(name, &answer, child.memory("VmHWM"));
        child.stop()?;
        loaded.push(Loaded { name: name.clone(), python });
    }
    Ok(loaded)
}

fn open(loaded: &[Loaded], folder: &Path, meta: &Meta, report: &mut Report) -> Result<Vec<Child>> {
    let mut children = Vec::new();
    for Loaded { name, python } in loaded {
        let mut child = Child::start(name, folder, python.as_deref())?;
        let answer = child.tell(&Command::Open)?;
        if answer.total != meta.events as u64 {
            return Err(format!("{name} has {} of {} events", answer.total, meta.events).into());
        }
        report.versions.push(format!("{name} {}", answer.version).trim().to_owned());
        children.push(child);
    }
    Ok(children)
}

/// The last event that the question skips, of which half of the matching ones are left.
fn anchor(children: &mut [Child], question: &Question) -> Result<Option<(i64, u64)>> {
    let own = children.first_mut().ok_or("no engine")?;
    let total = own.tell(&Command::Ask { question: question.clone() })?.total;
    let skip = question.skip.min(usize::try_from(total / 2)?).max(1);
    let question = Question { skip, ..question.clone() };
    Ok(own.tell(&Command::Anchor { question })?.anchor)
}

fn ask(children: &mut [Child], question: &Question, rounds: usize) -> Result<Row> {
    let command = Command::Ask { question: question.clone() };
    let mut row = Row::new(&question.name, children.len());
    let mut taken = vec![0; children.len()];
    for round in 0..WARM_UP + rounds {
        let mut answers = Vec::new();
        for (nth, child) in children.iter_mut().enumerate() {
            // Once all have answered the same, who is slow is left in peace.
            let figures = &mut row.figures[nth];
            let counted = figures.len();
            if taken[nth] > PATIENCE_US && round > 0 && (round < WARM_UP || counted >= ROUNDS_MIN) {
                continue;
            }
            let answer = child.tell(&command)?;
            taken[nth] += answer.us;
            if round >= WARM_UP {
                figures.add(answer.us);
                if let Some(us) = answer.cached_us {
                    row.cached.add(us);
                }
            }
            answers.push((child.name.clone(), answer));
        }
        agree(&question.name, &answers)?;
        if let Some((_, answer)) = answers.first() {
            row.total = Some(answer.total);
        }
    }
    Ok(row)
}

/// Makes sure that all have answered the same.
fn agree(question: &str, answers: &[(String, Answer)]) -> Result<()> {
    let Some((_, first)) = answers.first() else { return Ok(()) };
    let same = |answer: &Answer| {
        answer.total == first.total
            && answer.ids == first.ids
            && answer.facets == first.facets
            && answer.histogram == first.histogram
    };
    if answers.iter().all(|(_, answer)| same(answer)) {
        return Ok(());
    }
    let mut text = format!("the engines disagree on \"{question}\":");
    for (name, answer) in answers {
        let Answer { total, ids, facets, histogram, .. } = answer;
        let differs = if same(answer) { "" } else { " (differs)" };
        text += &format!("\n  {name}{differs}: total {total}, ids {ids:?}");
        if !facets.is_empty() || !histogram.is_empty() {
            text += &format!(", facets {facets:?}, histogram {histogram:?}");
        }
    }
    Err(text.into())
}

/// The changes: all of them durable, one event at a time and many at once.
fn change(children: &mut [Child], meta: &Meta, many: &Question) -> Result<Vec<Row>> {
    let mut inserts = Row::new("insert one event", children.len());
    for event in &meta.inserts {
        let command = Command::Insert { event: Box::new(event.clone()) };
        each(children, &mut inserts.figures, &command)?;
    }
    let mut ones = Row::new("acknowledge one event", children.len());
    for (id, time) in &meta.acknowledge {
        let command = Command::Acknowledge { id: *id, time: *time };
        let answers = each(children, &mut ones.figures, &command)?;
        agree("acknowledge one event", &answers)?;
    }
    let mut all = Row::new(&many.name, children.len());
    let command = Command::AcknowledgeWhere { question: many.clone() };
    let answers = each(children, &mut all.figures, &command)?;
    agree(&many.name, &answers)?;
    all.total = answers.first().map(|(_, answer)| answer.total);
    Ok(vec![inserts, ones, all].into_iter().map(Row::of_a_change).collect())
}

fn each(
    children: &mut [Child],
    figures: &mut [Figures],
    command: &Command,
) -> Result<Vec<(String, Answer)>> {
    let mut answers = Vec::new();
    for (child, figures) in children.iter_mut().zip(figures) {
        let answer = child.tell(command)?;
        figures.add(answer.us);
        answers.push((child.name.clone(), answer));
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::agree;
    use crate::protocol::Answer;

    #[test]
    fn a_disagreement_names_the_question_the_engine_and_the_totals() {
        let answer = |total| Answer { total, ids: vec![1], ..Answer::default() };
        let answers = [("eventscope".to_owned(), answer(7)), ("sqlite".to_owned(), answer(8))];
        let error = agree("rare pod", &answers).unwrap_err().to_string();
        assert_eq!(
            error,
            "the engines disagree on \"rare pod\":\n  eventscope: total 7, ids [1]\n  \
             sqlite (differs): total 8, ids [1]"
        );
        assert!(agree("rare pod", &answers[..1]).is_ok());
    }
}
