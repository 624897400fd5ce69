// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A hook of a flow that is built: {@code Hook.of("notify").withOnError(OnError.IGNORE)}.
 *
 * @param name the hook's name
 * @param onError what its failure means
 * @param timeout null: the flow's hook timeout
 * @param retry when it is tried again
 * @param arguments what the flow assigns to it, in order
 */
public record Hook(String name, OnError onError, Duration timeout, Backoff retry,
        List<Argument> arguments) {

    /**
     * An argument that a flow assigns to a hook.
     *
     * @param name its name
     * @param value a text, or JSON text
     * @param isJson whether the value is JSON of another kind than a string
     */
    public record Argument(String name, String value, boolean isJson) {}

    /**
     * Copies the arguments.
     *
     * @param name the hook's name
     * @param onError what its failure means
     * @param timeout null: the flow's hook timeout
     * @param retry when it is tried again
     * @param arguments what the flow assigns to it, in order
     */
    public Hook {
        arguments = List.copyOf(arguments);
    }

    /**
     * A hook with a name and nothing else.
     *
     * @param name the hook's name
     * @return the hook
     */
    public static Hook of(String name) {
        return new Hook(name, OnError.FAIL, null, Backoff.NONE, List.of());
    }

    /**
     * The same with another meaning of its failure.
     *
     * @param onError what its failure means
     * @return the hook
     */
    public Hook withOnError(OnError onError) {
        return new Hook(name, onError, timeout, retry, arguments);
    }

    /**
     * The same with another timeout.
     *
     * @param timeout when it is cancelled
     * @return the hook
     */
    public Hook withTimeout(Duration timeout) {
        return new Hook(name, onError, timeout, retry, arguments);
    }

    /**
     * The same with other retries.
     *
     * @param retry when it is tried again
     * @return the hook
     */
    public Hook withRetry(Backoff retry) {
        return new Hook(name, onError, timeout, retry, arguments);
    }

    /**
     * The same with one more argument.
     *
     * @param argument its name
     * @param value a text
     * @return the hook
     */
    public Hook withArgument(String argument, String value) {
        return with(new Argument(argument, value, false));
    }

    /**
     * The same with one more argument.
     *
     * @param argument its name
     * @param value JSON of another kind than a string, such as {@code 7}
     * @return the hook
     */
    public Hook withJsonArgument(String argument, String value) {
        return with(new Argument(argument, value, true));
    }

    private Hook with(Argument argument) {
        List<Argument> all = new ArrayList<>(arguments);
        all.add(argument);
        return new Hook(name, onError, timeout, retry, all);
    }
}
