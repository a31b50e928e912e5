//! What may be on a disk when the power goes off.

use super::memory::Memory;
use super::tree::{Op, Tree};
use crate::Rng;

/// The longest head of a file of the database.
const HEAD_BYTES: u64 = 4_096;

/// The operations of a recording up to some point: what of them is durable, and what is not.
#[derive(Debug)]
pub struct Replay {
    durable: Tree,
    pending: Vec<Op>,
}

/// What is lost of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All of it.
    Everything,
    /// None of it.
    Nothing,
    /// Everything from the operation with this number on.
    From(usize),
    /// Each by a throw of a coin, from this seed on.
    Some(u64),
    /// Everything after the write with this number, of which only a part arrived.
    Torn {
        /// Its number among the writes that are pending.
        write: usize,
        /// The bytes of it that count, in thousandths of its length.
        thousandths: usize,
        /// Whether they are its last ones.
        tail: bool,
    },
    /// Everything but writes to the heads of files.
    AllButHeads,
    /// Everything but changes of length.
    AllButLengths,
}

impl Replay {
    /// Begins with what is in a medium, which is durable.
    #[must_use]
    pub fn of(memory: &Memory) -> Self {
        Self { durable: memory.tree(), pending: Vec::new() }
    }

    /// Goes one operation further.
    pub fn push(&mut self, op: &Op) {
        match op {
            Op::Mark(_) => {}
            Op::Sync { node } => {
                let synced = |op: &mut Op| op.place() == Some(*node);
                for op in self.pending.extract_if(.., synced) {
                    self.durable.apply(&op);
                }
            }
            _ => self.pending.push(op.clone()),
        }
    }

    /// Several kinds of loss at this point, each of which may leave something else on the disk.
    #[must_use]
    pub fn losses(&self, rng: &mut Rng) -> Vec<Loss> {
        let mut losses = vec![Loss::Everything];
        let writes = self.pending.iter().filter(|op| matches!(op, Op::Write { .. })).count();
        match self.pending.len() {
            0 => return losses,
            1 => losses.push(Loss::Nothing),
            many => {
                losses.extend([Loss::Nothing, Loss::AllButHeads, Loss::AllButLengths]);
                losses.push(Loss::From(1 + rng.below(many - 1)));
                losses.extend((0..5).map(|_| Loss::Some(rng.bits())));
            }
        }
        if writes > 0 {
            losses.extend((0..3).map(|_| Loss::Torn {
                write: rng.below(writes),
                thousandths: rng.below(1_000),
                tail: rng.percent(30),
            }));
        }
        losses
    }

    /// What is on the disk after a loss at this point.
    #[must_use]
    pub fn image(&self, loss: &Loss) -> Memory {
        let mut tree = self.durable.clone();
        let pending = || self.pending.iter();
        match *loss {
            Loss::Everything => {}
            Loss::Nothing => pending().for_each(|op| tree.apply(op)),
            Loss::From(end) => pending().take(end).for_each(|op| tree.apply(op)),
            Loss::Some(seed) => {
                let mut rng = Rng::new(seed);
                pending().filter(|_| rng.percent(50)).for_each(|op| tree.apply(op));
            }
            Loss::Torn { write, thousandths, tail } => {
                torn(&mut tree, &self.pending, write, |len| {
                    let part = len * thousandths / 1_000;
                    if tail { len - part..len } else { 0..part }
                });
            }
            Loss::AllButHeads => pending()
                .filter(|op| matches!(op, Op::Write { offset, .. } if *offset < HEAD_BYTES))
                .for_each(|op| tree.apply(op)),
            Loss::AllButLengths => {
                pending().filter(|op| matches!(op, Op::SetLen { .. })).for_each(|op| tree.apply(op))
            }
        }
        Memory::of(tree)
    }
}

/// Does all up to a write, and of that one only some bytes.
fn torn(
    tree: &mut Tree,
    pending: &[Op],
    write: usize,
    part: impl Fn(usize) -> std::ops::Range<usize>,
) {
    let mut writes = 0;
    for op in pending {
        if let Op::Write { node, offset, bytes } = op {
            if writes == write {
                let part = part(bytes.len());
                let offset = offset + part.start as u64;
                return tree.apply(&Op::Write { node: *node, offset, bytes: bytes[part].into() });
            }
            writes += 1;
        }
        tree.apply(op);
    }
}
