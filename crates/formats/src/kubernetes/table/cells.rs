//! The header of a table, and the cells of its rows.

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Namespace,
    LastSeen,
    FirstSeen,
    Count,
    Type,
    Reason,
    Object,
    Kind,
    Subobject,
    Source,
    Name,
    Message,
    /// Labels, and whatever else was asked for.
    Other,
}

/// The names of columns; those without a blank are older.
const NAMES: [(&str, Field); 14] = [
    ("NAMESPACE", Field::Namespace),
    ("LAST SEEN", Field::LastSeen),
    ("LASTSEEN", Field::LastSeen),
    ("FIRST SEEN", Field::FirstSeen),
    ("FIRSTSEEN", Field::FirstSeen),
    ("COUNT", Field::Count),
    ("TYPE", Field::Type),
    ("REASON", Field::Reason),
    ("OBJECT", Field::Object),
    ("KIND", Field::Kind),
    ("SUBOBJECT", Field::Subobject),
    ("SOURCE", Field::Source),
    ("NAME", Field::Name),
    ("MESSAGE", Field::Message),
];

/// Columns at most: labels that were asked for have one each.
const COLUMNS_MAX: usize = 64;

/// The blanks that kubectl puts between cells at least. Names of columns, and the ages of
/// `kubectl events`, have single ones in them.
const GAP: usize = 2;

/// How the cells of a line fit a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fit {
    /// They stand under their names.
    Place,
    /// There are as many.
    Gaps,
    /// There are too few.
    #[default]
    Short,
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Header {
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    field: Field,
    /// Characters before it.
    start: usize,
}

impl Header {
    /// Reads a line; `None` if it is no header of a table of events.
    pub(super) fn read(line: &str) -> Option<Self> {
        // Most lines are told here.
        if !line.contains("REASON") {
            return None;
        }
        let mut columns = Vec::new();
        for (start, name) in pieces(line) {
            let known = NAMES.iter().find(|(own, _)| *own == name);
            let field = known.map_or(Field::Other, |(_, field)| *field);
            let start = line.get(..start)?.chars().count();
            columns.push(Column { field, start });
            if columns.len() > COLUMNS_MAX {
                return None;
            }
        }
        let has = |field| columns.iter().filter(|column| column.field == field).count() == 1;
        let is_of_events = has(Field::LastSeen) && has(Field::Reason) && has(Field::Message);
        let has_object = has(Field::Object) || (has(Field::Kind) && has(Field::Name));
        (is_of_events && has_object).then_some(Self { columns })
    }

    /// Gives the cells of a line. Where they stand elsewhere than their names, they are told by the
    /// blanks between them.
    pub(super) fn split<'a>(&self, line: &'a str, give: &mut impl FnMut(Field, &'a str)) -> Fit {
        let (fit, cells) = match self.by_place(line) {
            Some(cells) => (Fit::Place, cells),
            None => self.by_gaps(line),
        };
        cells.into_iter().for_each(|(field, cell)| give(field, cell));
        fit
    }

    /// The cells under the names, if each begins under its name, with a gap before.
    fn by_place<'a>(&self, line: &'a str) -> Option<Vec<(Field, &'a str)>> {
        let mut bounds: Vec<usize> = Vec::with_capacity(self.columns.len());
        let mut places = line.char_indices().map(|(at, _)| at).chain([line.len()]).enumerate();
        for column in &self.columns {
            let place = places.find(|(number, _)| *number >= column.start);
            bounds.push(place.map_or(line.len(), |(_, at)| at));
            if place.is_none() {
                break;
            }
        }
        bounds.resize(self.columns.len(), line.len());
        let ends = bounds.iter().skip(1).copied().chain([line.len()]);
        let mut cells = Vec::with_capacity(self.columns.len());
        for ((number, column), (start, end)) in
            self.columns.iter().enumerate().zip(bounds.iter().copied().zip(ends))
        {
            let before = line.get(..start)?;
            let gap = if number == 0 { before.len() } else { GAP };
            let has_gap = start == line.len()
                || before.bytes().rev().take(gap).filter(|byte| *byte == b' ').count() == gap;
            let cell = line.get(start..end)?;
            if !has_gap || (cell.starts_with(' ') && !cell.trim().is_empty()) {
                return None;
            }
            cells.push((column.field, cell.trim_end()));
        }
        Some(cells)
    }

    /// The cells by the gaps between them: those before the message from the start, those behind it
    /// from the end. Of columns that may be empty one is known, that of a part of the object.
    fn by_gaps<'a>(&self, line: &'a str) -> (Fit, Vec<(Field, &'a str)>) {
        let is_message = |column: &Column| column.field == Field::Message;
        let place = self.columns.iter().position(is_message).unwrap_or_default();
        let (before, behind) = self.columns.split_at_checked(place).unwrap_or_default();
        let behind = behind.get(1..).unwrap_or_default();
        let pieces: Vec<(usize, &str)> = pieces(line).collect();
        let mut left = pieces.iter().peekable();
        let mut cells = Vec::with_capacity(self.columns.len());
        for column in before {
            let is_part = |piece: &&(usize, &str)| is_part(piece.1);
            if column.field == Field::Subobject && !left.peek().is_some_and(is_part) {
                continue;
            }
            let Some((_, cell)) = left.next() else { return (Fit::Short, cells) };
            cells.push((column.field, *cell));
        }
        for column in behind.iter().rev() {
            let Some((_, cell)) = left.next_back() else { return (Fit::Short, cells) };
            cells.push((column.field, *cell));
        }
        if let (Some((start, _)), last) = (left.next(), left.next_back()) {
            let end = last.or(pieces.iter().find(|piece| piece.0 == *start));
            let end = end.map_or(*start, |(at, piece)| at.saturating_add(piece.len()));
            cells.push((Field::Message, line.get(*start..end).unwrap_or_default()));
        }
        (Fit::Gaps, cells)
    }
}

/// Whether a text says which part of an object is meant: `spec.containers{web}`.
fn is_part(text: &str) -> bool {
    const STARTS: [&str; 3] = ["spec.", "status.", "metadata."];
    !text.contains(' ') && STARTS.iter().any(|start| text.starts_with(start))
}

/// The texts of a line that have gaps between them, and where they start.
fn pieces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let rest = line.get(at..)?;
        let start = rest.find(|letter: char| letter != ' ')?;
        let piece = rest.get(start..)?;
        let end = piece.find("  ").unwrap_or(piece.trim_end().len());
        let found = at.checked_add(start)?;
        at = found.checked_add(end)?;
        Some((found, piece.get(..end)?))
    })
}
