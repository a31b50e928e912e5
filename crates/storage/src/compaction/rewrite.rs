//! A new version of a segment: from its rows as they are stored, and what the overlay says of them.
//!
//! A row keeps its number and its time. Of a pruned event nothing else is left, of a deleted one
//! its uid, so that an import does not bring it back; a notice that is the end of another event
//! stays whole, since it may be an event of its own again; an amended row is replaced by its
//! amendment. State, end, count and acknowledgement stay in the overlay. Nothing of the old index
//! is used but the times, so that a damaged index is made anew.

use crate::change::overlay::Overlay;
use crate::error::Result;
use crate::index::Index;
use crate::row::Row;
use crate::segment::reader::Reader;
use crate::segment::{Image, Segment};
use crate::view::View;
use eventscope_model::ScopeLabels;
use std::sync::Arc;

/// What a rewrite starts from.
#[derive(Debug)]
pub(crate) struct Rewrite {
    pub(crate) segment: Arc<Segment>,
    pub(crate) overlay: Option<Arc<Overlay>>,
    pub(crate) reader: Arc<Reader>,
    /// The labels to index.
    pub(crate) labels: Arc<ScopeLabels>,
}

impl Rewrite {
    /// The rewrite of a segment of a view, by its overlay and the labels of new rows.
    pub(crate) fn of(segment: Arc<Segment>, view: &View) -> Self {
        let overlay = view.overlays.get(&segment.first.window()).cloned();
        let (reader, labels) = (Arc::clone(&view.reader), Arc::clone(&view.indexed));
        Self { segment, overlay, reader, labels }
    }
}

/// The new version of a segment.
#[expect(clippy::arithmetic_side_effects, reason = "all rows of a segment are in one window")]
pub(crate) fn image(rewrite: &Rewrite) -> Result<Image> {
    let Rewrite { segment, overlay, reader, labels } = rewrite;
    let first_row = segment.first.row();
    let positions = (0..segment.rows).map(|position| position as u16);
    let rows = positions.map(|position| {
        let row = reader.row(segment, position)?;
        match overlay {
            Some(overlay) => left_of(row, first_row + position, overlay),
            None => Ok(row),
        }
    });
    let rows: Vec<Row> = rows.collect::<Result<_>>()?;
    let rows: Vec<&Row> = rows.iter().collect();
    let origin = reader.shared.origin();
    let index = Index::build(segment.first, rows.iter().copied(), origin, labels)?;
    let amended = overlay.as_ref().map_or(0, |overlay| overlay.last_amended(&segment.row_set()));
    Image::build(segment.first, &rows, &index, segment.through.max(amended))
}

/// What is left of a row.
fn left_of(row: Row, number: u16, overlay: &Overlay) -> Result<Row> {
    // What is left of an amended row has the time of its amendment.
    let row = overlay.amendment(number).map_or(row, |amendment| Row::clone(amendment));
    if overlay.absorbed(number).is_some() {
        Ok(row)
    } else if overlay.is_pruned(number) {
        Ok(row.hole())
    } else if overlay.is_deleted(number) {
        row.gone()
    } else {
        Ok(row)
    }
}

/// Whether the stored bytes of a segment are those of its image.
pub(crate) fn is_stored(rewrite: &Rewrite, image: &Image) -> bool {
    let Rewrite { segment, reader, .. } = rewrite;
    let directory = reader.directory(segment.first);
    directory.is_ok_and(|directory| directory == image.directory)
        && reader.digest(segment).is_ok_and(|digest| digest == image.digest)
}
