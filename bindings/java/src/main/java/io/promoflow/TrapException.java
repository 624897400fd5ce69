// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * The module trapped, as when its memory ran out. The objects that lived in the same instance are
 * closed: what is called on them throws an {@link IllegalStateException} from now on. Others are
 * not affected, and flows can still be used.
 */
public final class TrapException extends PromoflowException {
    private static final long serialVersionUID = 1;

    TrapException(String message, Throwable cause) {
        super("trapped", "", message);
        initCause(cause);
    }
}
