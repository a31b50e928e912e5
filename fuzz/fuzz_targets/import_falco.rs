//! The target `import_falco` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
