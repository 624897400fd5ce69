// SPDX-License-Identifier: Apache-2.0
//! The declarations of this crate are those of the header of the library that is linked: a C
//! compiler and rustc say the same of every number, struct, field and function.
use promoflow_sys::*;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

macro_rules! number {
    ($out:ident, $name:ident) => {
        writeln!($out, "{} = {}", stringify!($name), $name as i64).unwrap()
    };
}

macro_rules! size {
    ($out:ident, $name:ident) => {
        writeln!(
            $out,
            "sizeof {} = {}",
            stringify!($name),
            std::mem::size_of::<$name>()
        )
        .unwrap()
    };
}

fn size_of_pointee<T>(_: *const T) -> usize {
    std::mem::size_of::<T>()
}

macro_rules! place {
    ($out:ident, $name:ident, $field:ident) => {{
        let whole = std::mem::MaybeUninit::<$name>::uninit();
        let begin = whole.as_ptr();
        // SAFETY: the address of a field is computed; nothing is read.
        let at = unsafe { std::ptr::addr_of!((*begin).$field) };
        writeln!(
            $out,
            "{}.{} at {}, {} bytes",
            stringify!($name),
            stringify!($field).trim_start_matches("r#"),
            at as usize - begin as usize,
            size_of_pointee(at),
        )
        .unwrap()
    }};
}

macro_rules! function {
    ($out:ident, $name:ident) => {{
        // Linked programs only have addresses of what the library exports.
        let address = $name as *const std::ffi::c_void;
        writeln!($out, "{} is at {:p}", stringify!($name), address).unwrap()
    }};
}

#[path = "layout/names.rs"]
mod names;

/// What the C compiler says of the header.
fn in_c() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = out.join("layout");
    let target = env!("PROMOFLOW_TARGET");
    let compiler = cc::Build::new()
        .cargo_metadata(false)
        .opt_level(0)
        .host(target)
        .target(target)
        .out_dir(out)
        .get_compiler();
    let status = compiler
        .to_command()
        .arg(folder.join("print.c"))
        .arg("-I")
        .arg(env!("PROMOFLOW_INCLUDE"))
        .arg("-o")
        .arg(&program)
        .arg("-std=c99")
        .status()
        .expect("a C compiler");
    assert!(status.success());
    let done = Command::new(program).output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_declarations_are_those_of_the_header() {
    let (wanted, mut got) = (in_c(), String::new());
    names::write(&mut got);
    let is_function = |line: &&str| line.contains(" is at ");
    let wanted: Vec<_> = wanted.lines().collect();
    let others: Vec<_> = got.lines().filter(|line| !is_function(line)).collect();
    assert_eq!(wanted, others);
    assert!(wanted.len() > 400, "{} lines", wanted.len());
    assert!(got.lines().filter(is_function).count() > 140);
}

#[test]
fn defaults_are_zero_and_carry_their_size() {
    let event = promoflow_event::default();
    assert_eq!(
        event.struct_size as usize,
        std::mem::size_of::<promoflow_event>()
    );
    assert!(event.text.data.is_null() && event.kind == 0 && event.environments.is_null());
}

#[test]
fn the_library_is_of_the_abi_that_was_declared() {
    // SAFETY: no arguments.
    let version = unsafe { promoflow_abi_version() };
    assert_eq!(version >> 16, PROMOFLOW_ABI_MAJOR);
    assert!(version & 0xffff >= PROMOFLOW_ABI_MINOR);
}
