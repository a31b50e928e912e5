//! What tantivy keeps of an event: terms and columns of what is asked for, and all of it as JSON.

use crate::Result;
use crate::events::{Flat, Meta};
use std::collections::BTreeMap;
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

pub(super) struct Fields {
    pub(super) text: Field,
    pub(super) time: Field,
    pub(super) severity: Field,
    pub(super) event_type: Field,
    pub(super) state: Field,
    pub(super) acknowledged: Field,
    pub(super) id: Field,
    pub(super) stored: Field,
    /// The field of each label and its name.
    labels: BTreeMap<String, (Field, String)>,
}

impl Fields {
    pub(super) fn new(meta: &Meta) -> (Self, Schema) {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("words")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let mut labels = BTreeMap::new();
        for (nth, key) in meta.keys.iter().enumerate() {
            let name = format!("label{nth}");
            labels.insert(key.clone(), (schema.add_text_field(&name, STRING | FAST), name));
        }
        let fields = Self {
            text: schema
                .add_text_field("text", TextOptions::default().set_indexing_options(indexing)),
            time: schema.add_i64_field("time", INDEXED | FAST),
            severity: schema.add_text_field("severity", STRING | FAST),
            event_type: schema.add_text_field("type", STRING | FAST),
            state: schema.add_text_field("state", STRING),
            acknowledged: schema.add_bool_field("acknowledged", INDEXED),
            id: schema.add_u64_field("id", INDEXED | FAST),
            stored: schema.add_bytes_field("stored", STORED),
            labels,
        };
        (fields, schema.build())
    }

    pub(super) fn label(&self, key: &str) -> Result<Field> {
        Ok(self.labels.get(key).ok_or("no event has this label")?.0)
    }

    pub(super) fn name(&self, key: &str) -> Result<String> {
        Ok(self.labels.get(key).ok_or("no event has this label")?.1.clone())
    }

    pub(super) fn column(&self, facet: &str) -> Result<(Field, String)> {
        match facet {
            "severity" => Ok((self.severity, facet.to_owned())),
            "type" => Ok((self.event_type, facet.to_owned())),
            key => Ok(self.labels.get(key).ok_or("no event has this label")?.clone()),
        }
    }

    pub(super) fn document(&self, mut flat: Flat) -> Result<TantivyDocument> {
        let mut document = TantivyDocument::default();
        let values = flat.labels.values().map(String::as_str);
        for text in [flat.name.as_str(), &flat.description, &flat.source].into_iter().chain(values)
        {
            document.add_text(self.text, text);
        }
        for (key, value) in &flat.labels {
            document.add_text(self.label(key)?, value);
        }
        document.add_u64(self.id, flat.id);
        document.add_i64(self.time, flat.time);
        document.add_text(self.severity, flat.severity.to_string());
        document.add_text(self.event_type, &flat.event_type);
        document.add_text(self.state, &flat.state);
        document.add_bool(self.acknowledged, flat.acknowledged);
        flat.text.clear();
        document.add_bytes(self.stored, &serde_json::to_vec(&flat)?);
        Ok(document)
    }
}
