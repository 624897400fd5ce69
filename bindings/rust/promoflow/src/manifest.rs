// SPDX-License-Identifier: Apache-2.0
//! Manifests: texts with flows, and what is wrong with them.
use crate::error::{Error, ErrorCode, Result};
use crate::flow::Flow;
use crate::library::check_library;
use crate::raw::{buffer, list, make, make_if, static_text, stride, text_in, text_out, Handle};
use crate::values::{named_by, words};
use promoflow_sys as sys;
use std::fmt;

words! {
    /// How bad a problem is.
    Severity, named_by!(promoflow_severity_name),
    /// The text cannot be used.
    Error = PROMOFLOW_SEVERITY_ERROR,
    /// It can be used, but may not mean what was meant.
    Warning = PROMOFLOW_SEVERITY_WARNING,
    /// Something to know.
    Note = PROMOFLOW_SEVERITY_NOTE,
}

/// What kind of problem it is. [`as_str`](Self::as_str) is its word, such as `unknown-environment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DiagnosticCode(i32);

impl DiagnosticCode {
    /// The word for it, as tools print it.
    pub fn as_str(self) -> &'static str {
        // SAFETY: any number is allowed.
        static_text(unsafe { sys::promoflow_diagnostic_code_name(self.0) })
    }

    /// The number in the C interface, `PROMOFLOW_DIAGNOSTIC_...`.
    pub fn number(self) -> i32 {
        self.0
    }
}

impl fmt::Display for DiagnosticCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A problem of a text, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of problem it is.
    pub code: DiagnosticCode,
    /// How bad it is.
    pub severity: Severity,
    /// Which document of the text, from 0.
    pub document: u32,
    /// From 1; 0 if there is no text, as for a flow that was built in code.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// How many characters to underline.
    pub length: u32,
    /// The JSON pointer of the place; empty for the root.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

impl Diagnostic {
    /// # Safety
    /// The texts live.
    unsafe fn from_raw(raw: &sys::promoflow_diagnostic) -> Self {
        // SAFETY: the caller's promise.
        let text = |text| unsafe { text_out(text) }.to_owned();
        Self {
            code: DiagnosticCode(raw.code),
            severity: Severity::from_raw(raw.severity),
            document: raw.document,
            line: raw.line,
            column: raw.column,
            length: raw.length,
            pointer: text(raw.pointer),
            message: text(raw.message),
            hint: text(raw.hint),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.line, self.column, self.severity, self.message
        )?;
        write!(f, " [{}]", self.code)
    }
}

/// The problems of a manifest or a scenario.
///
/// # Safety
/// `call` fills up to a capacity of diagnostics whose texts live until this returns.
pub(crate) unsafe fn diagnostics(
    call: impl FnMut(*mut sys::promoflow_diagnostic, usize, *mut usize) -> sys::promoflow_status,
) -> Vec<Diagnostic> {
    // SAFETY: the caller's promise.
    unsafe {
        list(call)
            .iter()
            .map(|raw| Diagnostic::from_raw(raw))
            .collect()
    }
}

/// How problems are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosticFormat {
    /// For people, with the lines of the text.
    Text,
    /// The same in colours of a terminal.
    ColoredText,
    /// One JSON object a line.
    Json,
}

impl DiagnosticFormat {
    pub(crate) fn raw(self) -> i32 {
        match self {
            Self::Text => sys::PROMOFLOW_DIAGNOSTICS_TEXT,
            Self::ColoredText => sys::PROMOFLOW_DIAGNOSTICS_COLORED_TEXT,
            Self::Json => sys::PROMOFLOW_DIAGNOSTICS_JSON,
        }
    }
}

/// What a text may be at most, and which format it has. Zero is the default of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format; `None` finds out.
    pub format: Option<TextFormat>,
    /// Bytes of the text.
    pub text_bytes_max: u64,
    /// Values in it.
    pub nodes_max: u64,
    /// Bytes of a name.
    pub name_bytes_max: u64,
    /// Bytes of a value.
    pub value_bytes_max: u64,
    /// Problems that are reported.
    pub diagnostics_max: u64,
    /// How deep values are nested.
    pub depth_max: u32,
    /// Steps of work, such as those for dependencies.
    pub work_max: u64,
}

impl ReadOptions {
    pub(crate) fn raw(&self) -> sys::promoflow_read_options {
        sys::promoflow_read_options {
            format: self
                .format
                .map_or(sys::PROMOFLOW_TEXT_AUTO, TextFormat::raw),
            text_bytes_max: self.text_bytes_max,
            nodes_max: self.nodes_max,
            name_bytes_max: self.name_bytes_max,
            value_bytes_max: self.value_bytes_max,
            diagnostics_max: self.diagnostics_max,
            depth_max: self.depth_max,
            work_max: self.work_max,
            ..Default::default()
        }
    }
}

/// The format of a manifest or a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

impl TextFormat {
    pub(crate) fn raw(self) -> i32 {
        match self {
            Self::Yaml => sys::PROMOFLOW_TEXT_YAML,
            Self::Json => sys::PROMOFLOW_TEXT_JSON,
        }
    }
}

/// A text that was read: its flows, and its problems. For a text with one flow,
/// [`Flow::load`] is the short way.
///
/// It is immutable, and any number of threads may use it.
///
/// ```
/// let manifest = promoflow::Manifest::read("kind: PromotionFlow")?;
/// assert!(manifest.flows().next().is_none());
/// for found in manifest.diagnostics() {
///     eprintln!("{}:{} {}", found.line, found.column, found.message);
/// }
/// # Ok::<(), promoflow::Error>(())
/// ```
pub struct Manifest(Handle<sys::promoflow_manifest>);

// SAFETY: the header says [shared] of all functions of manifests.
unsafe impl Send for Manifest {}
// SAFETY: likewise.
unsafe impl Sync for Manifest {}

impl Manifest {
    /// Reads all flows of a YAML or JSON text. Problems of the text are diagnostics, not errors.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory), [`IncompatibleLibrary`](ErrorCode::IncompatibleLibrary).
    pub fn read(text: impl AsRef<[u8]>) -> Result<Self> {
        Self::read_with(text, &ReadOptions::default())
    }

    /// The same with bounds.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn read_with(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<Self> {
        check_library()?;
        let text = crate::raw::bytes_in(text.as_ref());
        // SAFETY: text and options live until the call returns.
        make(|out, error| unsafe { sys::promoflow_manifest_read(text, &options.raw(), out, error) })
            .map(Self)
    }

    pub(crate) fn from_handle(handle: Handle<sys::promoflow_manifest>) -> Self {
        Self(handle)
    }

    /// The flows, in the order of the text. There are none if the text has errors.
    pub fn flows(&self) -> impl Iterator<Item = Flow> + '_ {
        (0..).map_while(move |index| {
            // SAFETY: the manifest lives.
            make_if(|out, error| unsafe {
                sys::promoflow_manifest_flow(self.0.get(), index, out, error)
            })
            .expect("memory for a handle")
            .map(Flow::from_handle)
        })
    }

    /// All problems, in the order of the text.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        // SAFETY: the texts live as long as the manifest.
        unsafe {
            diagnostics(|out, capacity, count| {
                let stride = stride::<sys::promoflow_diagnostic>();
                sys::promoflow_manifest_diagnostics(self.0.get(), out, stride, capacity, count)
            })
        }
    }

    /// The problems as text, with lines quoted from `text` (may be empty), under the name `file`.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn format(
        &self,
        file: &str,
        text: impl AsRef<[u8]>,
        format: DiagnosticFormat,
    ) -> Result<String> {
        let text = crate::raw::bytes_in(text.as_ref());
        // SAFETY: the manifest and the texts live until the call returns.
        buffer(|out, error| unsafe {
            let (handle, file) = (self.0.get(), text_in(file));
            sys::promoflow_manifest_format(handle, file, text, format.raw(), out, error)
        })
    }

    /// The one flow, and its warnings.
    pub(crate) fn only_flow(&self, code: ErrorCode, text: &[u8]) -> Result<Flow> {
        let diagnostics = self.diagnostics();
        let is_wrong = diagnostics
            .iter()
            .any(|found| found.severity == Severity::Error);
        let mut flows = self.flows();
        match (is_wrong, flows.next(), flows.next()) {
            (false, Some(flow), None) => Ok(flow),
            (false, None, _) => Err(Error::new(code, "", "the text has no flow")),
            (false, Some(_), Some(_)) => Err(Error::new(
                code,
                "",
                "the text has several flows: read it as a Manifest",
            )),
            (true, _, _) => {
                let shown = self.format("<flow>", text, DiagnosticFormat::Text)?;
                Err(Error::of_diagnostics(
                    code,
                    shown.trim_end().to_owned(),
                    diagnostics,
                ))
            }
        }
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let diagnostics = self.diagnostics().len();
        write!(
            f,
            "Manifest({} flows, {diagnostics} diagnostics)",
            self.flows().count()
        )
    }
}
