// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.concurrent.CompletableFuture;

/**
 * Carries commands out. Its methods are called one at a time, on a thread of the run's pool, and
 * should return soon: what they return is completed later, by any thread. A future that completes
 * with an exception fails the command; its message is that of the failure. When the release cancels
 * a command its future is cancelled, and what it is completed with has no effect.
 */
public interface Executor {
    /**
     * Runs a hook.
     *
     * @param call the hook, and what may be reported of it
     * @return what the hook exports, a JSON object; null: nothing
     */
    CompletableFuture<String> runHook(HookCall call);

    /**
     * Promotes to an environment.
     *
     * @param call the promotion, and what may be reported of it
     * @return completed when it is done; its value is not read
     */
    CompletableFuture<?> promote(PromotionCall call);
}
