// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

/** What an executor completes a hook with that failed, and has exported something nevertheless. */
public final class CommandFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;
    /** What the hook exported. */
    private final String context;

    /**
     * A failure.
     *
     * @param message why
     * @param context what the hook exported, a JSON object; null: nothing
     */
    public CommandFailedException(String message, String context) {
        super(message);
        this.context = context;
    }

    /** {@return what the hook exported; null: nothing} */
    public String context() {
        return context;
    }
}
