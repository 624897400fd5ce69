// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** What the host is to do. */
public sealed interface Command permits RunHook, Promote, Cancel {
    /** {@return what the answer names} */
    long ticket();
}
