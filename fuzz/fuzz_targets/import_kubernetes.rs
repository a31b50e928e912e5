//! The target `import_kubernetes` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
