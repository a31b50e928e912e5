//! The target `import_otlp` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
