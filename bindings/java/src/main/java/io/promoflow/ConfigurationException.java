// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration has errors. The message shows all its problems with their places. */
public final class ConfigurationException extends PromoflowException {
    private static final long serialVersionUID = 1;
    private final transient List<Configuration.Problem> problems;

    ConfigurationException(List<Configuration.Problem> problems) {
        super("invalid-manifest", "", problems.stream().map(Configuration.Problem::toString)
                .collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** {@return the problems in their order, warnings too} */
    public List<Configuration.Problem> problems() {
        return problems == null ? List.of() : problems;
    }
}
