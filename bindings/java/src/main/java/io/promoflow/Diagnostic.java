// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * One problem of a text. Lines and columns count from 1.
 *
 * @param code what it is, such as {@code unknown-environment}
 * @param severity how bad it is
 * @param document which document of the text, from 0
 * @param line the line; 0: there is no text
 * @param column the column in characters
 * @param length how many characters to underline
 * @param pointer JSON pointer; empty: the root
 * @param message what is wrong
 * @param hint what to do; may be empty
 */
public record Diagnostic(String code, Severity severity, int document, int line, int column,
        int length, String pointer, String message, String hint) {

    /** How bad a problem is. */
    public enum Severity {
        /** There is no flow. */
        ERROR,
        /** Probably a mistake. */
        WARNING,
        /** Worth knowing. */
        NOTE;

        /** {@return the word of the library, such as {@code warning}} */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    @Override
    public String toString() {
        String place = line > 0 ? line + ":" + column : pointer;
        return place + ": " + severity.word() + ": " + message + " [" + code + "]"
                + (hint.isEmpty() ? "" : "; " + hint);
    }
}
