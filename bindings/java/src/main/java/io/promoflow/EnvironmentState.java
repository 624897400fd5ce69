// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/**
 * How an environment is.
 *
 * @param name its name
 * @param status its status
 * @param phase what it does in that status, such as {@code promotion}
 * @param message why it failed, was terminated or skipped; else empty
 */
public record EnvironmentState(String name, EnvironmentStatus status, String phase,
        String message) {}
