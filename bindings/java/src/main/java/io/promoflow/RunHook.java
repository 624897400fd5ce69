// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.Map;

/**
 * Run a hook, and answer with {@link Event.HookSucceeded} or {@link Event.HookFailed}.
 *
 * @param ticket what the answer names
 * @param hook the hook's name
 * @param point where it runs
 * @param environment the environment; null at the release's points
 * @param attempt which attempt it is, from 1
 * @param arguments the arguments, in the order in which the hook gets them
 * @param context the promotion context that the hook sees, a JSON object
 */
public record RunHook(long ticket, String hook, Point point, String environment, int attempt,
        Map<String, String> arguments, String context) implements Command {}
