//! The target `import_trivy` behind libFuzzer.
#![no_main]

eventscope_fuzz::target!();
