//! The target `import_alertmanager` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
