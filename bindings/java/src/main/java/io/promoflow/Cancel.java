// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * Stop what runs under a ticket; no answer is needed.
 *
 * @param ticket that of the command to stop
 */
public record Cancel(long ticket) implements Command {}
