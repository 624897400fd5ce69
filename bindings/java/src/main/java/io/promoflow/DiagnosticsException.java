// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.List;
import java.util.stream.Collectors;

/** A text has errors. The message shows all its problems with their places. */
public abstract sealed class DiagnosticsException extends PromoflowException
        permits ManifestException, ScenarioException {
    private static final long serialVersionUID = 1;
    private final transient List<Diagnostic> diagnostics;

    DiagnosticsException(String code, List<Diagnostic> diagnostics) {
        super(code, "", diagnostics.stream().map(Diagnostic::toString)
                .collect(Collectors.joining("\n")));
        this.diagnostics = List.copyOf(diagnostics);
    }

    /** {@return the problems in the order of the text, warnings too} */
    public List<Diagnostic> diagnostics() {
        return diagnostics == null ? List.of() : diagnostics;
    }
}
