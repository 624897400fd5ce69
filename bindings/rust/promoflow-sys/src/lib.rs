// SPDX-License-Identifier: Apache-2.0
//! Raw declarations of promoflow's C ABI, `promoflow.h`, version 0.2.
//!
//! The header is the reference: its first comment has the rules that hold for all functions, on
//! status, errors, ownership and threads. Names are those of the header. The crate `promoflow` is
//! the safe interface.
//!
//! Each struct has a [`Default`]: all zero, with `struct_size` set. An all-zero struct is valid for
//! every one of them, and zero means the default of each field that goes in.
//!
//! The system's library is found by pkg-config (`promoflow_c`, or else `promoflow`). With the
//! feature `vendored` the library is built from its C++ sources instead, and linked statically.
#![allow(non_camel_case_types)]
#![deny(unsafe_op_in_unsafe_fn)]

/// A struct that is valid when it is all zero; `struct_size` is set where there is one.
macro_rules! zero_default {
    ($name:ident) => {
        impl Default for $name {
            fn default() -> Self {
                // SAFETY: integers, floating point numbers, raw pointers and optional function
                // pointers are valid when they are zero.
                unsafe { std::mem::zeroed() }
            }
        }
    };
    ($name:ident, $size:ident) => {
        impl Default for $name {
            fn default() -> Self {
                // SAFETY: as above.
                let mut zero: Self = unsafe { std::mem::zeroed() };
                zero.$size = std::mem::size_of::<Self>() as u32;
                zero
            }
        }
    };
}

mod constants;
mod functions;
mod types;

pub use constants::*;
pub use functions::*;
pub use types::*;

/// What a function returns: 0 done, positive nothing (more), negative an error.
pub type promoflow_status = i32;
