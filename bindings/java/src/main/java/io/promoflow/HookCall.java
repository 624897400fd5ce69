// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.Map;

/** A hook to run. */
public final class HookCall extends CommandCall {
    private final RunHook command;

    HookCall(Run run, String releaseId, String key, RunHook command) {
        super(run, releaseId, command.ticket(), key);
        this.command = command;
    }

    /** {@return the whole command} */
    public RunHook command() {
        return command;
    }

    /** {@return the hook's name} */
    public String hook() {
        return command.hook();
    }

    /** {@return its arguments, in the order in which it gets them} */
    public Map<String, String> arguments() {
        return command.arguments();
    }
}
