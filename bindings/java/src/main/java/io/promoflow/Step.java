// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;
import java.util.List;

/**
 * A step of a flow that is built: {@code Step.of("staging").dependsOn("dev")}.
 *
 * @param environment the environment
 * @param dependsOn what it directly depends on
 * @param policy how it is promoted to
 * @param timeout of the promotion; null: no limit
 * @param retry when the promotion is tried again
 * @param soak how long it soaks after the promotion; null: not at all
 */
public record Step(String environment, List<String> dependsOn, Policy policy, Duration timeout,
        Backoff retry, Duration soak) {

    /**
     * Copies the list.
     *
     * @param environment the environment
     * @param dependsOn what it directly depends on
     * @param policy how it is promoted to
     * @param timeout of the promotion; null: no limit
     * @param retry when the promotion is tried again
     * @param soak how long it soaks after the promotion; null: not at all
     */
    public Step {
        dependsOn = List.copyOf(dependsOn);
    }

    /**
     * A step with a name and nothing else.
     *
     * @param environment the environment
     * @return the step
     */
    public static Step of(String environment) {
        return new Step(environment, List.of(), Policy.NONE, null, Backoff.NONE, null);
    }

    /**
     * The same with other dependencies.
     *
     * @param environments what it directly depends on
     * @return the step
     */
    public Step dependsOn(String... environments) {
        return new Step(environment, List.of(environments), policy, timeout, retry, soak);
    }

    /**
     * The same with another policy.
     *
     * @param policy how it is promoted to
     * @return the step
     */
    public Step withPolicy(Policy policy) {
        return new Step(environment, dependsOn, policy, timeout, retry, soak);
    }

    /**
     * The same with another timeout.
     *
     * @param timeout of the promotion
     * @return the step
     */
    public Step withTimeout(Duration timeout) {
        return new Step(environment, dependsOn, policy, timeout, retry, soak);
    }

    /**
     * The same with other retries.
     *
     * @param retry when the promotion is tried again
     * @return the step
     */
    public Step withRetry(Backoff retry) {
        return new Step(environment, dependsOn, policy, timeout, retry, soak);
    }

    /**
     * The same with another soak.
     *
     * @param soak how long it soaks
     * @return the step
     */
    public Step withSoak(Duration soak) {
        return new Step(environment, dependsOn, policy, timeout, retry, soak);
    }
}
