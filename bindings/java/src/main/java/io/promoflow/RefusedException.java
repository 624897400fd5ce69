// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** A release refused an event, or there is no such environment. */
public final class RefusedException extends PromoflowException {
    private static final long serialVersionUID = 1;

    RefusedException(String code, String where, String message) {
        super(code, where, message);
    }
}
