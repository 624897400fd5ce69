// SPDX-License-Identifier: Apache-2.0
//! What all modules need to call the C ABI: texts, handles, errors, arrays.
use crate::error::{Error, Result};
use promoflow_sys as sys;
use std::os::raw::c_char;
use std::ptr::{self, NonNull};

/// A text that goes in. It is copied before the call returns.
pub(crate) fn text_in(text: &str) -> sys::promoflow_str {
    bytes_in(text.as_bytes())
}

pub(crate) fn bytes_in(bytes: &[u8]) -> sys::promoflow_str {
    sys::promoflow_str {
        data: bytes.as_ptr().cast::<c_char>(),
        size: bytes.len(),
    }
}

/// Nothing given.
pub(crate) const NONE: sys::promoflow_str = sys::promoflow_str {
    data: ptr::null(),
    size: 0,
};

pub(crate) fn optional_in(text: Option<&str>) -> sys::promoflow_str {
    text.map_or(NONE, text_in)
}

/// A text that came out, as bytes.
///
/// # Safety
/// It lives, unchanged, for `'a`.
pub(crate) unsafe fn bytes_out<'a>(text: sys::promoflow_str) -> &'a [u8] {
    if text.data.is_null() {
        return &[];
    }
    // SAFETY: the library gives the address and the length of one text.
    unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.size) }
}

/// A text that came out.
///
/// # Safety
/// As [`bytes_out`]; and it is not one that the header calls a text "to the byte": all others are
/// UTF-8, because what goes in as text is checked or replaced there.
pub(crate) unsafe fn text_out<'a>(text: sys::promoflow_str) -> &'a str {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes_out(text) };
    debug_assert!(std::str::from_utf8(bytes).is_ok());
    // SAFETY: text that comes out of the library is UTF-8.
    unsafe { std::str::from_utf8_unchecked(bytes) }
}

/// A text that may not have been given.
///
/// # Safety
/// As [`text_out`].
pub(crate) unsafe fn optional_out<'a>(text: sys::promoflow_str) -> Option<&'a str> {
    if text.data.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { text_out(text) })
}

/// A text of a function that has no error to give and static storage.
pub(crate) fn static_text(text: sys::promoflow_str) -> &'static str {
    // SAFETY: the header says so of each of these functions.
    unsafe { text_out(text) }
}

/// A handle's type, and how it is freed.
pub(crate) trait Raw {
    /// # Safety
    /// `handle` is one that nobody uses any more.
    unsafe fn free(handle: *mut Self);
}

macro_rules! raw_handles {
    ($($name:ident: $free:ident),* $(,)?) => {
        $(impl Raw for sys::$name {
            unsafe fn free(handle: *mut Self) {
                // SAFETY: the caller's promise.
                unsafe { sys::$free(handle) }
            }
        })*
    };
}

raw_handles! {
    promoflow_flow: promoflow_flow_free,
    promoflow_manifest: promoflow_manifest_free,
    promoflow_builder: promoflow_builder_free,
    promoflow_release: promoflow_release_free,
    promoflow_scenario: promoflow_scenario_free,
    promoflow_trace: promoflow_trace_free,
    promoflow_reply: promoflow_reply_free,
    promoflow_control: promoflow_control_free,
    promoflow_error: promoflow_error_free,
    promoflow_buffer: promoflow_buffer_free,
}

/// A handle that is freed when it is dropped. Handles keep what they need of others, so the order
/// of drops does not matter.
pub(crate) struct Handle<T: Raw>(NonNull<T>);

impl<T: Raw> Handle<T> {
    /// # Safety
    /// `handle` is the caller's, and of the library.
    pub(crate) unsafe fn new(handle: *mut T) -> Self {
        Self(NonNull::new(handle).expect("the library gives a handle when it says so"))
    }

    pub(crate) fn get(&self) -> *const T {
        self.0.as_ptr()
    }

    pub(crate) fn get_mut(&mut self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Raw> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and this is its last use.
        unsafe { T::free(self.0.as_ptr()) }
    }
}

/// Calls a function that fills in a handle.
pub(crate) fn make<T: Raw>(
    call: impl FnOnce(*mut *mut T, *mut *mut sys::promoflow_error) -> sys::promoflow_status,
) -> Result<Handle<T>> {
    make_if(call).map(|made| made.expect("a function that always gives a handle"))
}

/// The same with one that may find nothing.
pub(crate) fn make_if<T: Raw>(
    call: impl FnOnce(*mut *mut T, *mut *mut sys::promoflow_error) -> sys::promoflow_status,
) -> Result<Option<Handle<T>>> {
    let mut out = ptr::null_mut();
    if with_error(|error| call(&mut out, error))? == sys::PROMOFLOW_OK {
        // SAFETY: the call said that it has given a handle.
        return Ok(Some(unsafe { Handle::new(out) }));
    }
    Ok(None)
}

/// Calls a function whose last parameter is an error; what is not negative is no error.
#[inline]
pub(crate) fn with_error(
    call: impl FnOnce(*mut *mut sys::promoflow_error) -> sys::promoflow_status,
) -> Result<sys::promoflow_status> {
    let mut error = ptr::null_mut();
    let status = call(&mut error);
    if status >= sys::PROMOFLOW_OK {
        return Ok(status);
    }
    // SAFETY: the error is ours.
    Err(unsafe { Error::take(status, error) })
}

/// Calls a function that gives a text in a buffer.
pub(crate) fn buffer(
    call: impl FnOnce(
        *mut *mut sys::promoflow_buffer,
        *mut *mut sys::promoflow_error,
    ) -> sys::promoflow_status,
) -> Result<String> {
    Ok(buffer_if(call)?.unwrap_or_default())
}

/// The same with one that may find nothing.
pub(crate) fn buffer_if(
    call: impl FnOnce(
        *mut *mut sys::promoflow_buffer,
        *mut *mut sys::promoflow_error,
    ) -> sys::promoflow_status,
) -> Result<Option<String>> {
    let made = make_if(call)?;
    // SAFETY: the buffer lives while its text is copied.
    Ok(made.map(|made| unsafe { text_out(sys::promoflow_buffer_text(made.get())) }.to_owned()))
}

/// For functions that can fail only because an argument is wrong, where none can be.
#[inline]
pub(crate) fn certain(status: sys::promoflow_status) {
    assert!(
        status >= sys::PROMOFLOW_OK,
        "promoflow: {}",
        status_name(status)
    );
}

pub(crate) fn status_name(status: sys::promoflow_status) -> &'static str {
    // SAFETY: any number is allowed.
    static_text(unsafe { sys::promoflow_status_name(status) })
}

/// All elements of an array of the library's; `capacity` is how many there probably are.
///
/// # Safety
/// `call` fills up to a capacity of elements, and sets the number that exist.
#[inline]
pub(crate) unsafe fn filled<T: Copy>(
    capacity: usize,
    mut call: impl FnMut(*mut T, usize, *mut usize) -> Result<sys::promoflow_status>,
) -> Result<Vec<T>> {
    let mut found = Vec::with_capacity(capacity);
    let mut count = 0;
    call(found.as_mut_ptr(), found.capacity(), &mut count)?;
    if count > found.capacity() {
        found.reserve_exact(count);
        call(found.as_mut_ptr(), found.capacity(), &mut count)?;
    }
    // SAFETY: that many were filled in; the number does not change between two calls.
    unsafe { found.set_len(count.min(found.capacity())) };
    Ok(found)
}

/// The same for functions that can fail only because an argument is wrong, where none can be.
///
/// # Safety
/// As [`filled`].
pub(crate) unsafe fn list<T: Copy>(
    mut call: impl FnMut(*mut T, usize, *mut usize) -> sys::promoflow_status,
) -> Vec<T> {
    // SAFETY: the caller's promise.
    let found = unsafe {
        filled(8, |out, capacity, count| {
            let status = call(out, capacity, count);
            certain(status);
            Ok(status)
        })
    };
    found.expect("checked already")
}

/// Elements of an array: one that the library keeps for `'a`, or a copy.
pub(crate) enum Views<'a, T> {
    Borrowed(std::slice::Iter<'a, T>),
    Copied(std::vec::IntoIter<T>),
}

impl<T: Copy> Views<'_, T> {
    /// # Safety
    /// As [`filled`], of a function that can fail only because an argument is wrong.
    #[inline]
    pub(crate) unsafe fn filled(
        capacity: usize,
        mut call: impl FnMut(*mut T, usize, *mut usize) -> sys::promoflow_status,
    ) -> Self {
        // SAFETY: the caller's promise.
        let found = unsafe { filled(capacity, |out, room, count| Ok(call(out, room, count))) };
        Self::Copied(found.expect("no error").into_iter())
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Option<T> {
        match self {
            Self::Borrowed(found) => found.next().copied(),
            Self::Copied(found) => found.next(),
        }
    }

    #[inline]
    pub(crate) fn left(&self) -> usize {
        match self {
            Self::Borrowed(found) => found.len(),
            Self::Copied(found) => found.len(),
        }
    }
}

pub(crate) fn stride<T>() -> usize {
    std::mem::size_of::<T>()
}

/// Names that go in, as an array.
pub(crate) fn names_in<S: AsRef<str>>(names: &[S]) -> Vec<sys::promoflow_str> {
    names.iter().map(|name| text_in(name.as_ref())).collect()
}
