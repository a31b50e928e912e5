//! What earlier events said about a container, for later ones that do not.

use super::short_id;
use crate::limits;
use std::collections::HashMap;

/// Names and images by container id.
///
/// Bounded by forgetting: when the younger of two generations is full it becomes the older one,
/// and what was in that and not met again is gone.
#[derive(Debug, Default)]
pub(crate) struct Containers {
    young: HashMap<String, Known>,
    old: HashMap<String, Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    name: Option<String>,
    image: Option<String>,
}

impl Containers {
    /// Fills in what is absent, and remembers what is there.
    pub(crate) fn complete(
        &mut self,
        id: &str,
        name: &mut Option<String>,
        image: &mut Option<String>,
    ) {
        let id = short_id(id);
        if id.len() > limits::CONTAINER_TEXT_BYTES_MAX {
            return;
        }
        if !self.young.contains_key(id) {
            if self.young.len() >= limits::CONTAINERS_MAX {
                self.old = std::mem::take(&mut self.young);
            }
            let known = self.old.remove(id).unwrap_or_default();
            self.young.insert(id.to_owned(), known);
        }
        if let Some(known) = self.young.get_mut(id) {
            merge(&mut known.name, name);
            merge(&mut known.image, image);
        }
    }
}

/// What an event says is newer than what is known; what it does not say is filled in.
fn merge(known: &mut Option<String>, said: &mut Option<String>) {
    match said {
        Some(text) if text.len() > limits::CONTAINER_TEXT_BYTES_MAX => *known = None,
        Some(_) => known.clone_from(said),
        None => said.clone_from(known),
    }
}

#[cfg(test)]
mod tests {
    use super::Containers;
    use crate::limits;

    #[test]
    fn memory_is_bounded_and_containers_in_use_stay() {
        let mut containers = Containers::default();
        let mut touch = |id: &str, name: Option<&str>| {
            let mut name = name.map(str::to_owned);
            containers.complete(id, &mut name, &mut None);
            let held = containers.young.len() + containers.old.len();
            assert!(held <= 2 * limits::CONTAINERS_MAX);
            name
        };
        touch("used", Some("web"));
        touch("unused", Some("db"));
        for n in 0..3 * limits::CONTAINERS_MAX {
            touch(&format!("other-{n}"), Some("x"));
            if n % 1000 == 0 {
                assert_eq!(touch("used", None).as_deref(), Some("web"));
            }
        }
        assert_eq!(touch("unused", None), None);
    }
}
