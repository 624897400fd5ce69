// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** An environment to promote to. */
public final class PromotionCall extends CommandCall {
    private final Promote command;

    PromotionCall(Run run, String releaseId, String key, Promote command) {
        super(run, releaseId, command.ticket(), key);
        this.command = command;
    }

    /** {@return the whole command} */
    public Promote command() {
        return command;
    }

    /** {@return the environment} */
    public String environment() {
        return command.environment();
    }

    /** {@return how it is promoted to} */
    public Policy policy() {
        return command.policy();
    }
}
