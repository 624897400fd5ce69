// SPDX-License-Identifier: Apache-2.0
//! Finds the system's library, or builds the one whose sources come with this crate.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!(
        "cargo:rustc-env=PROMOFLOW_TARGET={}",
        std::env::var("TARGET").unwrap_or_default()
    );
    if std::env::var_os("DOCS_RS").is_some() {
        return; // Documentation needs no library.
    }
    #[cfg(feature = "vendored")]
    vendored::build();
    #[cfg(not(feature = "vendored"))]
    system::find();
}

/// Where the header is: for this crate's tests, and for crates that depend on it
/// (`DEP_PROMOFLOW_INCLUDE`).
fn tell_include(folder: &std::path::Path) {
    println!("cargo:include={}", folder.display());
    println!("cargo:rustc-env=PROMOFLOW_INCLUDE={}", folder.display());
}

#[cfg(not(feature = "vendored"))]
mod system {
    /// The library for C alone where there is one, else the one for C++ and C.
    pub fn find() {
        let mut problems = Vec::new();
        for name in ["promoflow_c", "promoflow"] {
            match pkg_config::Config::new().atleast_version("0.2").probe(name) {
                Ok(found) => return tell_header(&found.include_paths),
                Err(problem) => problems.push(problem.to_string()),
            }
        }
        eprintln!("{}", problems.join("\n"));
        eprintln!(
            "\npromoflow-sys: pkg-config knows no promoflow 0.2 or newer. Install the library, or \
             name the folder of its promoflow_c.pc in PKG_CONFIG_PATH, or build it from its \
             sources with the feature `vendored`."
        );
        std::process::exit(1);
    }

    fn tell_header(folders: &[std::path::PathBuf]) {
        let with_header = folders
            .iter()
            .find(|at| at.join("promoflow/promoflow.h").exists());
        let standard = std::path::PathBuf::from("/usr/include");
        super::tell_include(with_header.unwrap_or(&standard));
    }
}

#[cfg(feature = "vendored")]
mod vendored {
    use std::env::{self, var_os};
    use std::path::{Path, PathBuf};

    pub fn build() {
        let sources = sources();
        for part in ["CMakeLists.txt", "cmake", "include", "src", "capi"] {
            println!("cargo:rerun-if-changed={}", sources.join(part).display());
        }
        println!("cargo:rerun-if-env-changed=PROMOFLOW_FETCH_DEPENDENCIES");
        // A build script that downloads surprises people, so it must be asked for.
        let fetch = env::var("PROMOFLOW_FETCH_DEPENDENCIES").unwrap_or_else(|_| "OFF".into());
        let mut config = cmake::Config::new(&sources);
        for part in ["CLI", "PROCESS", "ENGINE", "ARGO", "TESTS", "EXAMPLES"] {
            config.define(format!("PROMOFLOW_BUILD_{part}"), "OFF");
        }
        let built = config
            .profile("Release") // The rules run as fast as they do for everybody else.
            .define("PROMOFLOW_BUILD_CAPI", "ON")
            .define("PROMOFLOW_INSTALL", "OFF")
            .define("PROMOFLOW_FETCH_DEPENDENCIES", fetch)
            .build_target("promoflow_static")
            .build()
            .join("build");
        println!("cargo:rustc-link-search=native={}", built.display());
        println!("cargo:rustc-link-lib=static=promoflow");
        link_yaml(&built);
        link_runtime();
        super::tell_include(&built.join("capi"));
    }

    /// Those that were packaged along, or the project around this crate.
    fn sources() -> PathBuf {
        let here = PathBuf::from(var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let packaged = here.join("vendor");
        if packaged.join("CMakeLists.txt").exists() {
            return packaged;
        }
        here.join("../../..")
            .canonicalize()
            .expect("the project around bindings/rust")
    }

    fn link_yaml(built: &Path) {
        let fetched = built.join("_deps/libyaml-build");
        if fetched.join("libyaml.a").exists() {
            println!("cargo:rustc-link-search=native={}", fetched.display());
            println!("cargo:rustc-link-lib=static=yaml");
        } else {
            println!("cargo:rustc-link-lib=yaml");
        }
    }

    fn link_runtime() {
        match env::var("CARGO_CFG_TARGET_ENV").as_deref() {
            Ok("msvc") => {}
            _ if env::var("CARGO_CFG_TARGET_VENDOR").as_deref() == Ok("apple") => {
                println!("cargo:rustc-link-lib=c++");
            }
            _ => println!("cargo:rustc-link-lib=stdc++"),
        }
    }
}
