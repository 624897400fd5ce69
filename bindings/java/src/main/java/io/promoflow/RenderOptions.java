// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * How something is drawn.
 *
 * @param format the format
 * @param color with ANSI colours; this and the next two for text only
 * @param ascii with nothing beyond ASCII
 * @param width columns, at least 40; 0: 100
 */
public record RenderOptions(Format format, boolean color, boolean ascii, int width) {
    /** Plain text. */
    public static final RenderOptions TEXT = of(Format.TEXT);

    /** The formats. */
    public enum Format {
        /** For terminals. */
        TEXT,
        /** For Markdown. */
        MERMAID,
        /** For Graphviz. */
        DOT,
        /** For browsers. */
        SVG
    }

    /**
     * Options with a format and nothing else.
     *
     * @param format the format
     * @return the options
     */
    public static RenderOptions of(Format format) {
        return new RenderOptions(format, false, false, 0);
    }

    int place(Call call) {
        return Structure.sized(call).u32(format.ordinal() + 1).u32(color ? 1 : 0)
                .u32(ascii ? 1 : 0).u32(width).u32(0).placeSized();
    }
}
