//! Which fields a segment has, and where the index of each is in its stream.

#![expect(clippy::arithmetic_side_effects, reason = "places in a stream have 32 bits")]

use crate::index::names::Names;
use crate::segment::{DICTIONARY, LABELS, Section, TIMES, UIDS};

/// The sections of a segment: those that every segment has, and those of its fields.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) times: Option<Section>,
    pub(crate) uids: Option<Section>,
    pub(crate) dictionary: Option<Section>,
    pub(crate) labels: Option<Section>,
    pub(crate) fields: Fields,
    pub(crate) stream_bytes: usize,
}

impl Layout {
    /// From the code, the key and the bytes of each section, in the order of the stream.
    pub(crate) fn of(sections: Vec<(u8, String, u32)>) -> Self {
        let mut start = 0;
        let placed = sections.into_iter().enumerate().map(|(number, (code, key, len))| {
            let range = start..start + len as usize;
            start = range.end;
            (code, key, Section { number: number as u32, range })
        });
        let mut sections: Vec<_> = placed.collect();
        sections.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut take = |wanted: u8| {
            let at = sections.iter().position(|(code, _, _)| *code == wanted);
            at.map(|at| sections.remove(at).2)
        };
        Self {
            times: take(TIMES),
            uids: take(UIDS),
            dictionary: take(DICTIONARY),
            labels: take(LABELS),
            fields: Fields::of(sections),
            stream_bytes: start,
        }
    }
}

/// The fields of a segment, sorted by code and key.
#[derive(Debug)]
pub(crate) struct Fields {
    names: Names,
    sections: Vec<Section>,
}

impl Fields {
    fn of(fields: Vec<(u8, String, Section)>) -> Self {
        let mut names = Names::default();
        let sections = fields.into_iter().map(|(code, key, section)| {
            names.push(code, &key);
            section
        });
        let sections = sections.collect();
        names.vacuum();
        Self { names, sections }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The position of a field, by its code and key.
    pub(crate) fn find(&self, code: u8, key: &str) -> Option<usize> {
        self.names.find(code, key)
    }

    /// The section of the field at a position.
    pub(crate) fn section(&self, at: usize) -> Option<&Section> {
        self.sections.get(at)
    }

    /// The code, the key and the section of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, &str, &Section)> {
        self.names.iter().zip(&self.sections).map(|((code, key), section)| (code, key, section))
    }

    /// The bytes it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        const NAME_BYTES: usize = size_of::<(u8, u32)>();
        self.names.key_bytes() + self.len() * (NAME_BYTES + size_of::<Section>()) + 96
    }
}

#[cfg(test)]
mod tests {
    use super::{DICTIONARY, Layout, TIMES, UIDS};

    #[test]
    fn fields_are_found_by_their_names_wherever_they_are() {
        let names =
            [(TIMES, ""), (UIDS, ""), (7, "b"), (7, ""), (5, ""), (DICTIONARY, ""), (8, "a")];
        let sections = names.map(|(code, key)| (code, key.to_owned(), 10)).to_vec();
        let layout = Layout::of(sections);
        assert_eq!(layout.stream_bytes, 70);
        assert_eq!(layout.dictionary.unwrap().range, 50..60);
        assert!(layout.labels.is_none());
        let fields = layout.fields;
        assert_eq!(fields.len(), 4);
        for (number, (code, key)) in names.into_iter().enumerate().filter(|(_, (c, _))| *c < TIMES)
        {
            let at = fields.find(code, key).unwrap();
            assert_eq!(fields.section(at).unwrap().number as usize, number);
        }
        assert!(fields.find(7, "a").is_none() && fields.find(9, "").is_none());
        let names: Vec<_> = fields.iter().map(|(code, key, _)| (code, key)).collect();
        assert_eq!(names, [(5, ""), (7, ""), (7, "b"), (8, "a")]);
    }
}
