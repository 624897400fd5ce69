// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** What the library answers if it cannot do what was asked. */
public class PromoflowException extends RuntimeException {
    private static final long serialVersionUID = 1;
    /** The error as the library spells it. */
    private final String code;
    /** A parameter, a ticket, a place. */
    private final String where;

    PromoflowException(String code, String where, String message) {
        super(message.isEmpty() ? code : where.isEmpty() ? message : where + ": " + message);
        this.code = code;
        this.where = where;
    }

    /** {@return the error as the library spells it, such as {@code settled-ticket}} */
    public final String code() {
        return code;
    }

    /** {@return a parameter, a ticket, a place; may be empty} */
    public final String where() {
        return where;
    }

    static PromoflowException of(String code, String where, String message) {
        return switch (code) {
            case "unknown-ticket", "settled-ticket", "wrong-kind", "not-allowed",
                    "unknown-environment" -> new RefusedException(code, where, message);
            case "invalid-context" -> new InvalidContextException(code, where, message);
            case "invalid-snapshot", "snapshot-of-other-flow", "snapshot-too-new",
                    "invalid-event" -> new RestoreException(code, where, message);
            default -> new PromoflowException(code, where, message);
        };
    }

    static PromoflowException invalid(String where, String message) {
        return new PromoflowException("invalid-argument", where, message);
    }
}
