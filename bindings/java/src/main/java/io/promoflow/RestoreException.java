// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** A snapshot or a journal cannot be restored with this flow. */
public final class RestoreException extends PromoflowException {
    private static final long serialVersionUID = 1;

    RestoreException(String code, String where, String message) {
        super(code, where, message);
    }
}
