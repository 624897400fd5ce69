// SPDX-License-Identifier: Apache-2.0
//! The library that was loaded: its version, and whether it fits this crate.
use crate::error::{Error, ErrorCode, Result};
use crate::raw::static_text;
use promoflow_sys as sys;
use std::sync::atomic::{AtomicBool, Ordering};

/// The version of the library that was loaded, such as `0.2.0`.
pub fn version() -> &'static str {
    // SAFETY: no arguments.
    static_text(unsafe { sys::promoflow_version() })
}

/// Whether the library that was loaded has the interface that this crate was made with. Everything
/// that makes something of nothing, such as [`Flow::load`](crate::Flow::load), checks it first; a
/// program may check it as it begins.
///
/// # Errors
/// [`ErrorCode::IncompatibleLibrary`], with both versions in the message.
pub fn check_library() -> Result<()> {
    static FITS: AtomicBool = AtomicBool::new(false);
    if FITS.load(Ordering::Relaxed) {
        return Ok(());
    }
    // SAFETY: no arguments.
    check(unsafe { sys::promoflow_abi_version() }, version())?;
    FITS.store(true, Ordering::Relaxed);
    Ok(())
}

fn check(abi: u32, version: &str) -> Result<()> {
    let (major, minor) = (abi >> 16, abi & 0xffff);
    if major == sys::PROMOFLOW_ABI_MAJOR && minor >= sys::PROMOFLOW_ABI_MINOR {
        return Ok(());
    }
    let message = format!(
        "the loaded promoflow library {version} has C interface {major}.{minor}; this program \
         needs {}.{} or a newer {}.x: install that version of the library, or build the crate \
         with the feature `vendored`",
        sys::PROMOFLOW_ABI_MAJOR,
        sys::PROMOFLOW_ABI_MINOR,
        sys::PROMOFLOW_ABI_MAJOR,
    );
    Err(Error::new(
        ErrorCode::IncompatibleLibrary,
        "library",
        message,
    ))
}

/// The JSON Schema (draft 2020-12) of manifests.
pub fn manifest_schema() -> &'static str {
    // SAFETY: no arguments.
    static_text(unsafe { sys::promoflow_manifest_schema() })
}

/// The JSON Schema (draft 2020-12) of scenarios.
pub fn scenario_schema() -> &'static str {
    // SAFETY: no arguments.
    static_text(unsafe { sys::promoflow_scenario_schema() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_major_and_a_lower_minor_version_are_refused_with_both_in_the_message() {
        let major = sys::PROMOFLOW_ABI_MAJOR << 16;
        assert!(check(major | sys::PROMOFLOW_ABI_MINOR, "0.2.0").is_ok());
        assert!(check(major | (sys::PROMOFLOW_ABI_MINOR + 1), "0.3.0").is_ok());
        let older = check(major | 1, "0.1.0").unwrap_err();
        assert_eq!(older.code(), ErrorCode::IncompatibleLibrary);
        assert!(
            older.message().contains("0.1.0 has C interface 0.1"),
            "{older}"
        );
        assert!(older.message().contains("needs 0.2"), "{older}");
        assert!(check((sys::PROMOFLOW_ABI_MAJOR + 1) << 16, "1.0.0").is_err());
    }

    #[test]
    fn the_library_that_is_linked_fits() {
        check_library().unwrap();
        assert!(version().starts_with("0."));
    }
}
