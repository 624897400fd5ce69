// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** A promotion context is no JSON object, or is too large or too deep. */
public final class InvalidContextException extends PromoflowException {
    private static final long serialVersionUID = 1;

    InvalidContextException(String code, String where, String message) {
        super(code, where, message);
    }
}
