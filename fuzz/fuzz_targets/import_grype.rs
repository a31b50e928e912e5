//! The target `import_grype` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
