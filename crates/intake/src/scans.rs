//! Batches that hold scanned artifacts: what is said of an artifact rests on its findings, so these
//! go into the store first.

use eventscope::{Draft, Outcome, Result, Store, is_scanned_artifact};
use std::collections::BTreeSet;

/// Appends drafts and gives one outcome for each, in order. The description of a scanned artifact
/// says how its findings differ from those of the scan before, see [`Store::describe_scan`]. A
/// batch with artifacts is two commits, and one more for each further scan of an artifact in it.
///
/// ```
/// use eventscope::{Draft, Options, Outcome, Store};
///
/// let store = Store::in_memory(Options::default())?;
/// let outcomes = eventscope_intake::append(&store, vec![Draft::custom("Deployed")])?;
/// assert!(matches!(outcomes[..], [Outcome::Appended(_)]));
/// # Ok::<(), eventscope::Error>(())
/// ```
///
/// # Errors
/// Those of [`Store::append`].
#[expect(clippy::arithmetic_side_effects, reason = "lengths of lists in memory")]
pub fn append(store: &Store, drafts: Vec<Draft>) -> Result<Vec<Outcome>> {
    if !drafts.iter().any(is_scanned_artifact) {
        return store.append_each(drafts);
    }
    let numbered = drafts.into_iter().enumerate();
    let (artifacts, others): (Vec<_>, Vec<_>) =
        numbered.partition(|(_, draft)| is_scanned_artifact(draft));
    let mut outcomes = Vec::with_capacity(artifacts.len() + others.len());
    append_numbered(store, others, &mut outcomes)?;
    let (mut waiting, mut names) = (Vec::new(), BTreeSet::new());
    for (number, mut artifact) in artifacts {
        if !names.insert((artifact.source.clone(), artifact.name.clone())) {
            append_numbered(store, std::mem::take(&mut waiting), &mut outcomes)?;
            names = BTreeSet::from([(artifact.source.clone(), artifact.name.clone())]);
        }
        store.describe_scan(&mut artifact)?;
        waiting.push((number, artifact));
    }
    append_numbered(store, waiting, &mut outcomes)?;
    outcomes.sort_by_key(|(number, _)| *number);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

fn append_numbered(
    store: &Store,
    drafts: Vec<(usize, Draft)>,
    outcomes: &mut Vec<(usize, Outcome)>,
) -> Result<()> {
    let (numbers, drafts): (Vec<_>, Vec<_>) = drafts.into_iter().unzip();
    outcomes.extend(numbers.into_iter().zip(store.append_each(drafts)?));
    Ok(())
}
