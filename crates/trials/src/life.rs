//! Processes that die, and what their stores hold then.
//!
//! A trial starts the program it runs in once more and tells it by the environment what to do
//! (`child`). That process works on a store by a plan that both can compute (`plan`, `worker`), and
//! says on its output what was acknowledged to it. After its end the store is compared with the
//! same plan, carried out in a model (`world`).

mod child;
mod kills;
mod plan;
mod soak;
mod strace;
mod sync_order;
mod system_calls;
mod trace;
mod worker;
mod world;

pub use child::child;
pub(crate) use child::{Running, Task, was_killed};
pub(crate) use kills::run as kills;
pub(crate) use soak::run as soak;
pub(crate) use strace::{Strace, TRACED};
pub(crate) use sync_order::run as sync_order;
pub(crate) use system_calls::run as system_calls;
