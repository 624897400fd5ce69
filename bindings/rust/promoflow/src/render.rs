// SPDX-License-Identifier: Apache-2.0
//! Pictures of flows, releases and simulations.
use promoflow_sys as sys;

/// What a picture is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RenderFormat {
    /// Text for a terminal.
    #[default]
    Text,
    /// A Mermaid diagram.
    Mermaid,
    /// Graphviz.
    Dot,
    /// SVG.
    Svg,
}

/// How a picture is drawn. The default is plain text of 100 columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Render {
    /// What it is made of. A timeline is always text.
    pub format: RenderFormat,
    /// Colours of a terminal; of text only, as are the next two.
    pub color: bool,
    /// Nothing beyond ASCII.
    pub ascii: bool,
    /// Columns; 0: 100, and fewer than 40 count as 40.
    pub width: u32,
}

impl Render {
    /// A picture of this format.
    pub fn new(format: RenderFormat) -> Self {
        Self {
            format,
            ..Self::default()
        }
    }

    pub(crate) fn raw(&self) -> sys::promoflow_render_options {
        sys::promoflow_render_options {
            format: match self.format {
                RenderFormat::Text => sys::PROMOFLOW_RENDER_TEXT,
                RenderFormat::Mermaid => sys::PROMOFLOW_RENDER_MERMAID,
                RenderFormat::Dot => sys::PROMOFLOW_RENDER_DOT,
                RenderFormat::Svg => sys::PROMOFLOW_RENDER_SVG,
            },
            color: i32::from(self.color),
            ascii: i32::from(self.ascii),
            width: self.width,
            ..Default::default()
        }
    }
}

impl From<RenderFormat> for Render {
    fn from(format: RenderFormat) -> Self {
        Self::new(format)
    }
}
