// SPDX-License-Identifier: Apache-2.0
package io.promoflow;

import java.util.List;

/** A scenario has errors. */
public final class ScenarioException extends DiagnosticsException {
    private static final long serialVersionUID = 1;

    ScenarioException(List<Diagnostic> diagnostics) {
        super("invalid-scenario", diagnostics);
    }
}
