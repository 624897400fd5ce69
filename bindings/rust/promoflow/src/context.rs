// SPDX-License-Identifier: Apache-2.0
//! Promotion contexts, key by key.
use crate::raw::{bytes_out, text_out};
use crate::values::Ticket;
use promoflow_sys as sys;

/// A key of a promotion context, and its value. Values are JSON text, so that no number loses
/// digits and no nesting is cut off; parse them with the library of your choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContextEntry<'a> {
    /// The key.
    pub key: &'a str,
    /// The value as JSON.
    pub json: &'a str,
    /// The value as arguments of hooks hand it: a text without quotes, everything else as compact
    /// JSON.
    pub text: &'a str,
    /// The ticket of the hook that wrote it last; `None`: it was given at the start.
    pub writer: Option<Ticket>,
    /// Whether it is named as a default argument, so that no hook gets it.
    pub is_shadowed: bool,
}

impl ContextEntry<'_> {
    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_context_entry) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            Self {
                key: text_out(raw.key),
                json: text_out(raw.json),
                text: text_out(raw.text),
                writer: writer(raw.writer),
                is_shadowed: raw.shadowed == 1,
            }
        }
    }
}

pub(crate) fn writer(ticket: u64) -> Option<Ticket> {
    (ticket != 0).then_some(Ticket(ticket))
}

/// Two writes to one key whose order was left to chance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContextConflict {
    /// The key.
    pub key: String,
    /// Who wrote first.
    pub earlier: Ticket,
    /// Who wrote last; this value remains.
    pub later: Ticket,
}

impl ContextConflict {
    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_context_conflict) -> Self {
        // SAFETY: the caller's promise.
        let key = unsafe { text_out(raw.key) }.to_owned();
        Self {
            key,
            earlier: Ticket(raw.earlier),
            later: Ticket(raw.later),
        }
    }
}

/// A write of a key that no hook gets, because a default argument has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowedKey {
    /// The key.
    pub key: String,
    /// Who wrote it; `None`: it was given at the start.
    pub writer: Option<Ticket>,
}

impl ShadowedKey {
    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_shadowed_key) -> Self {
        // SAFETY: the caller's promise.
        let key = unsafe { text_out(raw.key) }.to_owned();
        Self {
            key,
            writer: writer(raw.ticket),
        }
    }
}

/// An export that was not merged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedExport {
    /// The hook's command.
    pub ticket: Ticket,
    /// Why; empty: the hook itself failed.
    pub reason: String,
    /// What the hook gave, to the byte.
    pub text: Vec<u8>,
}

impl RejectedExport {
    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_rejected_export) -> Self {
        // SAFETY: the caller's promise.
        let (reason, text) = unsafe { (text_out(raw.reason), bytes_out(raw.text)) };
        Self {
            ticket: Ticket(raw.ticket),
            reason: reason.to_owned(),
            text: text.to_vec(),
        }
    }
}
