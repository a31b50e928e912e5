//! A filter as it is computed: a tree of operands, ordered anew for each part of the store.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums over the parts of a store, which say how much of it is read"
)]

use crate::operand::Operand;
use crate::work::Work;
use eventscope_scope::{Filter, Test};
use eventscope_storage::{Overlay, Part, Result, RowSet, Snapshot};

/// One node, and how many rows of the part it was last asked about pass at most.
#[derive(Debug)]
pub(crate) struct Node<'q> {
    pub(crate) kind: Kind<'q>,
    pub(crate) rows: u32,
    pub(crate) summed: Summed,
}

/// Sums over the parts that are computed, for a plan.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summed {
    pub(crate) rows: u64,
    /// Values of dictionaries that pass.
    pub(crate) values: u64,
    /// All values of those dictionaries.
    pub(crate) dictionary: u64,
    /// Bytes of indexes that are touched.
    pub(crate) bytes: u64,
}

#[derive(Debug)]
pub(crate) enum Kind<'q> {
    All,
    Nothing,
    Operand(Box<Operand<'q>>),
    And(Vec<Node<'q>>),
    Or(Vec<Node<'q>>),
}

impl<'q> Node<'q> {
    /// The tree of a filter over a snapshot.
    pub(crate) fn of(filter: &'q Filter, snapshot: &'q Snapshot) -> Self {
        let nodes =
            |children: &'q [Filter]| children.iter().map(|it| Self::of(it, snapshot)).collect();
        Self::new(match filter {
            Filter::All => Kind::All,
            Filter::Nothing => Kind::Nothing,
            Filter::Test(test @ Test::Words(_)) => return Self::words(test, false, snapshot),
            Filter::Not(test @ Test::Words(_)) => return Self::words(test, true, snapshot),
            Filter::Test(test) => Kind::Operand(Box::new(Operand::new(test, false))),
            Filter::Not(test) => Kind::Operand(Box::new(Operand::new(test, true))),
            Filter::And(children) => Kind::And(nodes(children)),
            Filter::Or(children) => Kind::Or(nodes(children)),
        })
    }

    /// A test for words: each phrase by itself, so that the rarest comes first.
    fn words(test: &'q Test, negated: bool, snapshot: &'q Snapshot) -> Self {
        let phrases = match test {
            Test::Words(query) => query.phrases(),
            _ => &[],
        };
        let operand = |phrase| {
            let operand = Operand::phrase(test, phrase, negated, snapshot);
            Self::new(Kind::Operand(Box::new(operand)))
        };
        let mut nodes: Vec<Self> = phrases.iter().map(operand).collect();
        match nodes.len() {
            1 => nodes.remove(0),
            _ => Self::new(if negated { Kind::Or(nodes) } else { Kind::And(nodes) }),
        }
    }

    /// What passes all of these; everything when there are none.
    pub(crate) fn all(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            0 => Self::new(Kind::All),
            1 => nodes.remove(0),
            _ => Self::new(Kind::And(nodes)),
        }
    }

    fn new(kind: Kind<'q>) -> Self {
        Self { kind, rows: 0, summed: Summed::default() }
    }

    /// Whether its rows in a sealed part never change and will be asked for again.
    pub(crate) fn is_steady(&self) -> bool {
        match &self.kind {
            Kind::All | Kind::Nothing => true,
            Kind::Operand(operand) => operand.is_steady(),
            Kind::And(children) | Kind::Or(children) => children.iter().all(Self::is_steady),
        }
    }

    /// Whether only the events themselves can decide some rows of the part.
    pub(crate) fn has_doubt(&self) -> bool {
        match &self.kind {
            Kind::All | Kind::Nothing => false,
            Kind::Operand(operand) => operand.has_doubt(),
            Kind::And(children) | Kind::Or(children) => children.iter().any(Self::has_doubt),
        }
    }

    /// Whether the part lies outside of the times that are meant.
    pub(crate) fn is_outside_time(&self, part: &Part<'_>) -> bool {
        match &self.kind {
            Kind::All | Kind::Nothing => false,
            Kind::Operand(operand) => operand.is_outside_time(part),
            Kind::And(children) => children.iter().any(|child| child.is_outside_time(part)),
            Kind::Or(children) => children.iter().all(|child| child.is_outside_time(part)),
        }
    }

    /// Asks the index of a part, and puts the operands of each `and` in the order of their rows.
    ///
    /// Where an operand of an `and` has no rows, those after it are not asked: a node without rows
    /// is never computed. The order stays for the next part, so such an operand is asked early.
    pub(crate) fn ask(&mut self, part: &Part<'q>, overlay: Option<&'q Overlay>) -> Result<u32> {
        let all = part.len();
        self.rows = match &mut self.kind {
            Kind::All => all,
            Kind::Nothing => 0,
            Kind::Operand(operand) => operand.ask(part, overlay)?,
            Kind::And(children) => {
                let mut fewest = all;
                for child in children.iter_mut() {
                    fewest = fewest.min(child.ask(part, overlay)?);
                    if fewest == 0 {
                        break;
                    }
                }
                children.sort_by_key(|child| child.rows);
                fewest
            }
            Kind::Or(children) => {
                let mut sum = 0u32;
                for child in children {
                    sum = sum.saturating_add(child.ask(part, overlay)?);
                }
                sum.min(all)
            }
        };
        Ok(self.rows)
    }

    /// Adds what the part that was asked last says to the sums. Below a node without rows nothing
    /// is summed, as nothing there is computed.
    pub(crate) fn sum(&mut self) {
        if self.rows == 0 {
            return;
        }
        self.summed.rows += u64::from(self.rows);
        match &mut self.kind {
            Kind::All | Kind::Nothing => {}
            Kind::Operand(operand) => {
                let (values, dictionary) = operand.values().unwrap_or_default();
                self.summed.values += values as u64;
                self.summed.dictionary += dictionary as u64;
                self.summed.bytes += operand.bytes() as u64;
            }
            Kind::And(children) | Kind::Or(children) => children.iter_mut().for_each(Self::sum),
        }
    }

    /// Keeps the rows in `set` that pass.
    pub(crate) fn keep(&self, set: &mut RowSet, work: &mut Work) -> Result<()> {
        if self.rows == 0 {
            set.clear();
            return Ok(());
        }
        match &self.kind {
            Kind::All => {}
            Kind::Nothing => set.clear(),
            Kind::Operand(operand) => operand.keep(set, work)?,
            Kind::And(children) => keep_all(children, set, work)?,
            Kind::Or(children) => {
                let mut any = work.take();
                for child in children {
                    child.add(&mut any, work)?;
                }
                set.and(&any);
                work.give(any);
            }
        }
        Ok(())
    }

    /// Adds the rows that pass to `set`.
    pub(crate) fn add(&self, set: &mut RowSet, work: &mut Work) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        match &self.kind {
            Kind::All => set.insert_span(work.span.0, work.span.1),
            Kind::Nothing => {}
            Kind::Operand(operand) => operand.add(set, work)?,
            Kind::Or(children) => {
                for child in children {
                    child.add(set, work)?;
                }
            }
            Kind::And(children) => {
                let mut both = work.take();
                if let Some((first, rest)) = children.split_first() {
                    first.add(&mut both, work)?;
                    keep_all(rest, &mut both, work)?;
                }
                set.or(&both);
                work.give(both);
            }
        }
        Ok(())
    }
}

fn keep_all(nodes: &[Node<'_>], set: &mut RowSet, work: &mut Work) -> Result<()> {
    for node in nodes {
        if set.is_empty() {
            return Ok(());
        }
        node.keep(set, work)?;
    }
    Ok(())
}
