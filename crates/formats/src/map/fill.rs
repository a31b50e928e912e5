//! Values to a draft, after a map.

use super::{Map, Origin, Target};
use crate::{
    Format, Reject,
    flatten::{Flat, Other, Wanted},
    hints::Hints,
    identity::ContentHash,
    severity::{self, SeverityWords},
    wire::Moment,
};
use eventscope_model::{Draft, EventType, Labels, State, UidTime};

/// A draft that is being filled.
struct Filling {
    draft: Draft,
    uid: Option<String>,
    labels: Vec<(String, String)>,
    tags: Vec<(String, String)>,
    has_unknown_severity: bool,
    /// What was said of the severity.
    severity: Option<String>,
}

impl Filling {
    fn new(source: &str) -> Self {
        let draft = Draft::new(EventType::Custom, source, "");
        Self {
            draft,
            uid: None,
            labels: Vec::new(),
            tags: Vec::new(),
            has_unknown_severity: false,
            severity: None,
        }
    }

    /// Fills a field. A time that means that it is not set leaves it as it is.
    fn set(&mut self, target: &Target, text: &str, hints: &Hints<'_>) -> Result<(), Reject> {
        const TYPES: &str = "alert, docker, containerd, kubernetes, policy, scan or custom";
        const STATES: &str = "triggered or resolved";
        const COUNTS: &str = "a whole number above 0";
        let draft = &mut self.draft;
        let refused = |expected| Reject::value(target.name(), text, expected);
        match target {
            Target::Time => draft.time = Moment::of(text).read("time", hints)?,
            Target::EndTime => draft.end_time = Moment::of(text).read("end_time", hints)?,
            Target::Severity => {
                self.severity = Some(text.to_owned());
                match severity::read("severity", text) {
                    Ok(severity) => draft.severity = severity.level(),
                    Err(_) => self.has_unknown_severity = true,
                }
            }
            Target::Name => text.clone_into(&mut draft.name),
            Target::Description => text.clone_into(&mut draft.description),
            Target::Source => text.clone_into(&mut draft.source),
            Target::Uid => self.uid = Some(text.to_owned()),
            Target::Type => {
                draft.event_type = EventType::from_name(text).ok_or_else(|| refused(TYPES))?;
            }
            Target::State => {
                draft.state = State::from_name(text).ok_or_else(|| refused(STATES))?;
            }
            Target::Count => {
                let count = text.parse().ok().filter(|count| *count > 0);
                draft.count = count.ok_or_else(|| refused(COUNTS))?;
            }
            Target::Label(key) => self.labels.push((key.clone(), text.to_owned())),
            Target::Tag(key) => self.tags.push((key.clone(), text.to_owned())),
        }
        Ok(())
    }

    fn is_filled(&self, target: &Target) -> bool {
        match target {
            Target::Time => self.draft.time.is_some(),
            Target::Name => !self.draft.name.is_empty(),
            _ => true,
        }
    }

    fn finish(mut self, format: Format, hints: &Hints<'_>) -> Draft {
        self.draft.labels = Labels::from_pairs(self.labels);
        self.draft.tags = Labels::from_pairs(self.tags);
        let mut draft = match self.uid {
            Some(uid) => self.draft.uid(uid, UidTime::Free),
            None => {
                let uid = ContentHash::default().draft(&self.draft).finish(format.name());
                self.draft.uid(uid, UidTime::Fixed)
            }
        };
        if self.has_unknown_severity {
            draft.tags.insert(severity::UNKNOWN, "severity");
        }
        hints.map_severity(&mut draft, [self.severity.as_deref()]);
        draft
    }
}

impl Target {
    /// Whether a field can have a value.
    pub(super) fn try_out(&self, text: &str) -> Result<(), Reject> {
        let mut filling = Filling::new("");
        filling.set(self, text, &Hints::new(&SeverityWords::default(), None))?;
        if *self == Self::Severity {
            severity::read("severity", text)?;
        }
        if filling.is_filled(self) {
            Ok(())
        } else {
            Err(Reject::value(self.name(), text, "a value that is not empty"))
        }
    }
}

impl Map {
    /// The values of a JSON object that the map needs.
    pub(crate) fn wanted(&self) -> Wanted<'_, String> {
        Wanted { paths: &self.paths, rest: self.rest }
    }

    /// The event that the values of a record make.
    ///
    /// # Errors
    /// When time or name are absent, or a value is none that its field can have.
    pub(crate) fn draft(
        &self,
        format: Format,
        flat: Flat,
        hints: &Hints<'_>,
    ) -> Result<Draft, Reject> {
        let mut filling = Filling::new(format.name());
        let label = |other: Other| (other.path, other.value);
        filling.labels = flat.rest.into_iter().map(label).collect();
        for (target, origin) in &self.fields {
            let value = match origin {
                Origin::Literal(text) => Some(text.as_str()),
                Origin::Path(slot) => flat.values.get(*slot).and_then(Option::as_deref),
            };
            if let Some(text) = value {
                filling.set(target, text, hints)?;
            }
            if !filling.is_filled(target) {
                let (field, path) = (target.name(), self.path_of(origin).to_owned());
                return Err(Reject::Unfilled { format, field, path });
            }
        }
        Ok(filling.finish(format, hints))
    }

    fn path_of<'a>(&'a self, origin: &'a Origin) -> &'a str {
        match origin {
            Origin::Literal(text) => text,
            Origin::Path(slot) => self.paths.get(*slot).map_or("", String::as_str),
        }
    }
}
