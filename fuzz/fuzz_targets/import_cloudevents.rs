//! The target `import_cloudevents` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
