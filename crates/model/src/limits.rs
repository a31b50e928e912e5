//! The largest event that is taken, field by field.
//!
//! Above a limit an event is refused with the field and the limit in the reason; nothing is ever
//! cut short.

/// Labels of one event. Kubernetes objects carry some dozens; 512 leaves room for odd exporters.
pub const LABELS_MAX: usize = 512;
/// Tags of one event.
pub const TAGS_MAX: usize = 64;
/// Bytes of a label or tag key.
pub const KEY_BYTES_MAX: usize = 256;
/// Bytes of a label or tag value.
pub const LABEL_VALUE_BYTES_MAX: usize = 4 * 1024;
/// Bytes of an event's name.
pub const NAME_BYTES_MAX: usize = 1024;
/// Bytes of an event's source.
pub const SOURCE_BYTES_MAX: usize = 256;
/// Bytes of a uid: prefixes, two hashes and a time fit many times over.
pub const UID_BYTES_MAX: usize = 512;
/// Bytes of an event's description.
pub const DESCRIPTION_BYTES_MAX: usize = 64 * 1024;
/// Metrics in the details of an alert.
pub const METRICS_MAX: usize = 256;
/// Bytes of the name of whoever acknowledges or changes an event.
pub const BY_BYTES_MAX: usize = 256;
/// Bytes of their note.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;
/// Bytes of all texts of one event together.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Patterns in a list of scope labels. Sysdig's documents name about sixty labels; beginnings take
/// in many at once.
pub const SCOPE_PATTERNS_MAX: usize = 256;
