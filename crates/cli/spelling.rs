//! What was meant by a word that nothing is called.

use eventscope_model::slips;

/// Letters of a word that is compared; longer ones are no slip of the hand.
const LETTERS_MAX: usize = 128;

/// How far a candidate is from a word; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// Only case or separators differ.
    Spelling,
    /// So many slips.
    Slips(usize),
    /// It begins with the word, or the word is one of its parts.
    Part,
    /// One of its parts is one slip away.
    NearlyPart,
}

/// The candidate that was most likely meant; of several that are as likely the first.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let mut nearest = Nearest::to(word);
    for candidate in candidates {
        nearest.look_at(candidate);
    }
    nearest.best.map(|(_, candidate)| candidate)
}

/// As [`nearest`], for candidates that are lent one after another.
pub(crate) struct Nearest<'w, T> {
    word: &'w str,
    letters: Vec<char>,
    best: Option<(Distance, T)>,
}

impl<'w, T: AsRef<str>> Nearest<'w, T> {
    pub(crate) fn to(word: &'w str) -> Self {
        Self { word, letters: folded(word), best: None }
    }

    /// Whether a candidate is nearer than all before it.
    fn distance_if_nearer(&self, candidate: &str) -> Option<Distance> {
        let found = distance(self.word, &self.letters, candidate)?;
        self.best.as_ref().is_none_or(|(best, _)| found < *best).then_some(found)
    }

    fn look_at(&mut self, candidate: T) {
        if let Some(found) = self.distance_if_nearer(candidate.as_ref()) {
            self.best = Some((found, candidate));
        }
    }
}

impl Nearest<'_, String> {
    /// Keeps a copy of a candidate that is nearer than all before it.
    pub(crate) fn lend(&mut self, candidate: &str) {
        if let Some(found) = self.distance_if_nearer(candidate) {
            self.best = Some((found, candidate.to_owned()));
        }
    }

    /// The nearest of them.
    pub(crate) fn found(self) -> Option<String> {
        self.best.map(|(_, candidate)| candidate)
    }
}

/// Letters and digits in lower case.
fn folded(word: &str) -> Vec<char> {
    let letters = word.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn distance(word: &str, letters: &[char], candidate: &str) -> Option<Distance> {
    if letters.is_empty() || word.len() > LETTERS_MAX || candidate.len() > LETTERS_MAX {
        return None;
    }
    let other = folded(candidate);
    if letters == other {
        return Some(Distance::Spelling);
    }
    let slips_max = slips_allowed(letters.len());
    if letters.len().abs_diff(other.len()) <= slips_max {
        let slips = slips(letters, &other);
        if slips <= slips_max && slips < other.len() {
            return Some(Distance::Slips(slips));
        }
    }
    if letters.len() > 1 && other.starts_with(letters) {
        return Some(Distance::Part);
    }
    let parts = candidate.split(['.', '_', '/', '-']).map(folded);
    let near = |part: Vec<char>| match part == letters {
        true => Some(Distance::Part),
        false => (letters.len() > 3 && slips(letters, &part) == 1).then_some(Distance::NearlyPart),
    };
    parts.filter_map(near).min()
}

/// One slip in a short word, more in a longer one.
fn slips_allowed(letters: usize) -> usize {
    match letters {
        0..=5 => 1,
        6..=9 => 2,
        10..=19 => 3,
        _ => 4,
    }
}

/// Other programs' words for what is a command here.
const SYNONYMS: [(&str, &str); 18] = [
    ("search", "query"),
    ("find", "query"),
    ("list", "query"),
    ("ls", "query"),
    ("select", "query"),
    ("get", "show"),
    ("describe", "show"),
    ("inspect", "show"),
    ("rm", "delete"),
    ("remove", "delete"),
    ("acknowledge", "ack"),
    ("unacknowledge", "unack"),
    ("add", "post"),
    ("create", "post"),
    ("dump", "export"),
    ("load", "import"),
    ("check", "verify"),
    ("diff", "compare"),
];

/// The command that was meant by a word.
pub(crate) fn command<'a>(word: &str, commands: &[&'a str]) -> Option<&'a str> {
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, command)| *command);
    let known = synonym.and_then(|name| commands.iter().copied().find(|one| *one == name));
    // Of commands as far away, the one of about the same length.
    let mut sorted = commands.to_vec();
    sorted.sort_by_key(|name| name.len().abs_diff(word.len()));
    known.or_else(|| nearest(word, sorted))
}

#[cfg(test)]
mod tests {
    use super::{command, nearest};

    const KEYS: [&str; 9] = [
        "kubernetes.namespace.name",
        "kubernetes.pod.name",
        "kubernetes.node.name",
        "kubernetes.pod.label.team",
        "container.name",
        "severity",
        "status",
        "team",
        "uid",
    ];

    #[test]
    fn a_key_is_found_by_a_slip_a_part_or_another_spelling() {
        for (word, expected) in [
            ("severty", Some("severity")),
            ("Severity", Some("severity")),
            ("pod", Some("kubernetes.pod.name")),
            ("namespace", Some("kubernetes.namespace.name")),
            ("namspace", Some("kubernetes.namespace.name")),
            ("kubernetes.pod", Some("kubernetes.pod.name")),
            ("kubernets.node.name", Some("kubernetes.node.name")),
            ("kubernetes_namespace_name", Some("kubernetes.namespace.name")),
            ("stauts", Some("status")),
            ("taem", Some("team")),
            ("colour", None),
            ("build", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, KEYS), expected, "{word}");
        }
        assert_eq!(nearest(&"pod".repeat(100_000), KEYS), None);
    }

    #[test]
    fn a_command_is_the_nearest_of_all() {
        let commands = ["analyze", "import", "query", "verify", "ack", "unack", "export", "stats"];
        for (word, expected) in [
            ("qeury", Some("query")),
            ("qurey", Some("query")),
            ("verfiy", Some("verify")),
            ("exprot", Some("export")),
            ("improt", Some("import")),
            ("stat", Some("stats")),
            ("uncak", Some("unack")),
            ("ls", Some("query")),
            ("rm", None),
            ("frob", None),
        ] {
            assert_eq!(command(word, &commands), expected, "{word}");
        }
    }
}
